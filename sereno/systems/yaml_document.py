"""YAML as plain data that remembers the line of every key.

Scalars are read as YAML 1.2 and JSON Schema understand them: `no` and `12:30` are text, `017` is no octal number.
Tags are refused, aliases are expanded within bounds, and keys that stand twice are problems rather than surprises.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from sereno.errors import ConfigurationError

KeyPath: TypeAlias = tuple[str | int, ...]
Plain: TypeAlias = "dict[str, Plain] | list[Plain] | str | int | float | bool | None"

LARGEST_BYTES = 128 * 1024
MOST_VALUES = 20_000
DEEPEST = 32

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The parser in C, where PyYAML was built with it, takes a tenth of the time."""
_TAG = "tag:yaml.org,2002:"
_BOOLEANS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(?:[0-9]{1,18}\.[0-9]{0,18}|\.[0-9]{1,18}|[0-9]{1,18}(?=e))(?:[eE][-+]?[0-9]{1,3})?")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong at one place of a file."""

    line: int
    key: str
    text: str
    column: int | None = None
    """1-based, where it is known."""

    def shown_in(self, file: str) -> str:
        """`deployments/point/system.yaml:12: backup.connections: expected ...`."""
        column = f"{self.column}:" if self.column is not None else ""
        return f"{file}:{self.line}:{column} " + (f"{self.key}: " if self.key else "") + self.text


@dataclass(slots=True)
class Document:
    """What a file holds, where each part stands, and what was wrong with its form."""

    data: Plain = None
    lines: dict[KeyPath, int] = field(default_factory=dict)
    written: dict[KeyPath, str] = field(default_factory=dict)
    """Scalars as they stand in the file."""
    columns: dict[KeyPath, int] = field(default_factory=dict)
    """Where the text of each scalar on one line begins; 1-based."""
    problems: list[Problem] = field(default_factory=list)

    def line(self, path: KeyPath) -> int:
        """The line of `path`, or of the nearest part around it that the file holds; 1-based."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)


def dotted(path: KeyPath) -> str:
    """`("stores", 0, "name")` as `stores[0].name`."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).lstrip(".")


def read_yaml(text: str, *, file: str) -> Document:
    """Read one YAML document.

    Args:
        text: what the file holds.
        file: what messages call it.

    Raises:
        ConfigurationError: it is no YAML, or grows or nests beyond bounds.
    """
    try:
        _refuse_deep(text, file)
        root = yaml.compose(text, Loader=_LOADER)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"{file}:{mark.line + 1}" if mark else file
        raise ConfigurationError(f"{line}: is no valid YAML: {_without_words(error.problem or 'unreadable')}") from None
    except yaml.YAMLError:
        raise ConfigurationError(f"{file}: holds characters that are no text") from None
    if root is None:
        raise ConfigurationError(f"{file}: is empty")
    reader = _Reader(file)
    reader.document.data = reader.read(root, ())
    return reader.document


def _refuse_deep(text: str, file: str) -> None:
    """Before nodes are made, which the parser in C does by recursion that nothing bounds."""
    depth = 0
    for event in yaml.parse(text, Loader=_LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST + 1:  # what aliases add is counted later
            line = event.start_mark.line + 1 if event.start_mark else 1
            raise ConfigurationError(f"{file}:{line}: is nested more than {DEEPEST} deep")


def _without_words(problem: str) -> str:
    """The parser's sentence without what it quotes from the file, which could be a secret."""
    return re.sub(r"'(?![<\\])[^']{2,}'", "a word", problem)


class _Reader:
    def __init__(self, file: str) -> None:
        self.file = file
        self.document = Document()
        self.values = 0

    def read(self, node: yaml.Node, path: KeyPath) -> Plain:
        line = node.start_mark.line + 1
        self.values += 1
        if self.values > MOST_VALUES:
            raise ConfigurationError(f"{self.file}:{line}: holds more than {MOST_VALUES:,} values, aliases expanded")
        if len(path) > DEEPEST:
            raise ConfigurationError(f"{self.file}:{line}: is nested more than {DEEPEST} deep")
        self.document.lines.setdefault(path, line)
        if isinstance(node, yaml.MappingNode) and node.tag == f"{_TAG}map":
            return {key: self.read(value, (*path, key)) for key, value in self._members(node, path)}
        if isinstance(node, yaml.SequenceNode) and node.tag == f"{_TAG}seq":
            return [self.read(item, (*path, index)) for index, item in enumerate(node.value)]
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(node, path, line)
        self._problem(line, path, "tags (!) are not read here")
        return None

    def _members(self, node: yaml.MappingNode, path: KeyPath) -> Iterator[tuple[str, yaml.Node]]:
        lines: dict[str, int] = {}
        for key_node, value in node.value:
            line, key = key_node.start_mark.line + 1, key_node.value
            if not isinstance(key_node, yaml.ScalarNode):
                self._problem(line, path, "expected a word as the key, found a list or a section")
            elif key in lines:
                self._problem(line, (*path, key), f"stands twice; first in line {lines[key]}")
            else:
                lines[key] = self.document.lines[(*path, key)] = line
                yield key, value

    def _scalar(self, node: yaml.ScalarNode, path: KeyPath, line: int) -> Plain:
        text: str = node.value
        kind: str = node.tag.removeprefix(_TAG)
        self.document.written[path] = text
        if node.start_mark.line == node.end_mark.line:
            self.document.columns[path] = node.start_mark.column + (2 if node.style in ("'", '"') else 1)
        if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
            self._problem(line, path, "holds half a character")
            return None
        if kind == "null":
            return None
        if kind == "bool":
            return _BOOLEANS.get(text, text)
        if kind == "int" and _INTEGER.fullmatch(text):
            return int(text)
        if kind == "float" and _FLOAT.fullmatch(text):
            return float(text)
        if kind not in {"str", "int", "float", "timestamp", "value", "merge"}:
            self._problem(line, path, "tags (!) are not read here")
        return text

    def _problem(self, line: int, path: KeyPath, text: str) -> None:
        self.document.problems.append(Problem(line, dotted(path), text))
