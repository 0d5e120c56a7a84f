"""`{{name}}` in paths, headers and bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

_NAME = re.compile(r"\{\{\s*([A-Za-z_]\w{0,62})\s*\}\}")


def names_in(value: Any) -> Iterator[str]:
    """The names that `value`, text or anything JSON, refers to."""
    if isinstance(value, str):
        yield from _NAME.findall(value)
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from names_in(key)
            yield from names_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from names_in(item)


def filled(value: Any, variables: Mapping[str, Any]) -> Any:
    """`value` with each `{{name}}` replaced; text that is nothing but one keeps the type of what it stands for."""
    if isinstance(value, str):
        whole = _NAME.fullmatch(value)
        return variables[whole[1]] if whole else filled_text(value, variables)
    if isinstance(value, dict):
        return {filled_text(key, variables): filled(item, variables) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [filled(item, variables) for item in value]
    return value


def filled_text(
    text: str,
    variables: Mapping[str, Any],
    change: Callable[[str], str] = str,
    *,
    around: Callable[[str], str] = str,
) -> str:
    """`text` with each `{{name}}` replaced by its value as text, changed by `change`; the rest by `around`."""
    parts = _NAME.split(text)  # what is between and names, in turn
    return "".join(change(as_text(variables[part])) if at % 2 else around(part) for at, part in enumerate(parts))


def filled_path(path: str, variables: Mapping[str, Any]) -> str:
    """A path or URL; what is put into it cannot add segments or parameters, except at its very beginning.

    Raises:
        ValueError: a value is no text that a URL takes, or would climb out of its segment.
    """
    whole = _NAME.match(path)
    if whole:
        return as_text(variables[whole[1]]) + filled_path(path[whole.end() :], variables)
    return filled_text(path, variables, _quoted)


def _quoted(part: str) -> str:
    if part in {".", ".."}:
        raise ValueError("a path would climb")
    return quote(part, safe="")


def as_text(value: Any) -> str:
    """A value as it stands in a URL or a header."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
