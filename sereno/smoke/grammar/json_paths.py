"""JSONPath by RFC 9535, found in a way that leaves nothing of an answer behind.

The library's matches refer to their parents and these to them, so that a large document would stay until Python's
collector comes by. A path that gives one value at most is therefore followed step by step, and the matches of any other
are taken apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.grammar.values import MISSING, Value

_STEP = re.compile(r"\.([A-Za-z_][A-Za-z0-9_]*)|\[(0|-?[1-9][0-9]{0,14})\]")
_PLAIN = re.compile(rf"\$(?:{_STEP.pattern})*")
"""Names and places alone, which need no library: a command that asks nothing else starts sooner."""


@dataclass(frozen=True, slots=True)
class JsonPath:
    """A JSONPath, compiled. `steps` are names and indices where it is singular."""

    compiled: Any
    """By the library; None where `steps` say all."""
    steps: tuple[str | int, ...] | None

    @property
    def singular(self) -> bool:
        """Whether it gives one value at most."""
        return self.steps is not None

    def find(self, data: Value) -> Value:
        """The value, or MISSING, where the path is singular; else a list.

        Raises:
            Unfit: the data is nested too deeply for it.
        """
        if self.steps is not None:
            return _followed(data, self.steps)
        try:
            matches = list(self.compiled.finditer(data))
        except RecursionError:
            raise Unfit("the JSON is nested too deeply") from None
        except ValueError as error:
            raise Unfit(f"the JSONPath cannot be followed: {type(error).__name__}") from None
        values = [match.obj for match in matches]
        for match in matches:
            ancestor = match.parent
            while ancestor is not None and ancestor.children:
                ancestor.children = []
                ancestor = ancestor.parent
        return values


def compile_path(text: str) -> JsonPath:
    """The JSONPath that `text` is.

    Raises:
        ValueError: it is none by RFC 9535; the message says why.
    """
    if _PLAIN.fullmatch(text):
        return JsonPath(None, tuple(_plain_steps(text)))
    from jsonpath import JSONPathEnvironment, JSONPathError

    try:
        compiled: Any = JSONPathEnvironment(strict=True).compile(text)
    except (JSONPathError, RecursionError, ValueError) as error:
        lines = str(error).splitlines()
        raise ValueError(lines[0].partition(", line ")[0] if lines else "cannot be read") from None
    singular = getattr(compiled, "singular_query", None)  # a path joined of several has none
    return JsonPath(compiled, _steps(compiled) if singular is not None and singular() else None)


def _plain_steps(text: str) -> Iterator[str | int]:
    for found in _STEP.finditer(text):
        yield found[1] if found[1] is not None else int(found[2])


def _steps(compiled: Any) -> tuple[str | int, ...]:
    selectors = [segment.selectors[0] for segment in compiled.segments]
    return tuple(each.name if hasattr(each, "name") else each.index for each in selectors)


def _followed(data: Value, steps: tuple[str | int, ...]) -> Value:
    for step in steps:
        if isinstance(step, str):
            if not isinstance(data, dict) or step not in data:
                return MISSING
            data = data[step]
        else:
            if not isinstance(data, list) or not -len(data) <= step < len(data):
                return MISSING
            data = data[step]
    return data
