"""Variables in a prefect.yaml: `${NAME}` and `${NAME:-default}`, from the environment or from `.env`.

What stands in quotation marks stays text; else the value is read as YAML reads it, so that `${DAYS:-30}` is a number.
A variable whose default is true or false is a switch, which 1 and 0 set as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, cast

import yaml

_REFERENCE = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^}]*))?\}")


_SWITCHES = {"1": "true", "yes": "true", "on": "true", "0": "false", "no": "false", "off": "false"}


class UnsetVariableError(ValueError):
    """A variable without a default that is not set."""


def with_variables(text: str, variables: Mapping[str, str]) -> str:
    """The YAML `text` with each variable's value in its place; the text itself where it holds none.

    Args:
        text: the file's text.
        variables: what is set; an empty value counts as unset.

    Raises:
        UnsetVariableError: one without a default is not set.
        yaml.YAMLError: the text is no YAML.
    """
    if not _REFERENCE.search(text):
        return text
    loader = yaml.SafeLoader(text)
    try:
        root = loader.get_single_node()
        _fill(loader, root, variables, seen=set())
    finally:
        loader.dispose()
    return yaml.serialize(root, Dumper=yaml.SafeDumper, allow_unicode=True)


def _fill(loader: yaml.SafeLoader, node: yaml.Node | None, variables: Mapping[str, str], *, seen: set[int]) -> None:
    if node is None or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.ScalarNode):
        if _REFERENCE.search(node.value):
            node.value = _REFERENCE.sub(lambda found: _value(found, variables), node.value)
            if node.style is None:
                node.tag = cast("Any", loader).resolve(yaml.ScalarNode, node.value, (True, False))
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _fill(loader, item, variables, seen=seen)
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            _fill(loader, key, variables, seen=seen)
            _fill(loader, value, variables, seen=seen)


def _value(found: re.Match[str], variables: Mapping[str, str]) -> str:
    default = found["default"]
    value = variables.get(found["name"]) or default
    if value is None:
        raise UnsetVariableError(f"${{{found['name']}}} is not set; set it, or give it a default: ${{NAME:-default}}")
    return _SWITCHES.get(value.strip().lower(), value) if default in ("true", "false") else value
