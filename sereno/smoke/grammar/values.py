"""The values that expressions are about, and how a message shows them without telling what belongs to people."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeAlias

from sereno.redaction import redact

Value: TypeAlias = Any
"""Whatever JSON holds, and besides `Duration`, bytes and `MISSING`."""

_LONGEST_SHOWN = 60
_ADDRESS = re.compile(r"[^@\s\"<>]+@[^@\s\"<>]+")


class _Missing(Enum):
    MISSING = "missing"


MISSING: Final = _Missing.MISSING
"""What a query gives that found nothing; no predicate but `not exists` holds for it."""


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A length of time."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Reference:
    """`{{name}}`: a variable of the suite, or what a check before this one captured."""

    name: str


def is_number(value: Value) -> bool:
    """Whether `value` is a number; true and false are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def kind_of(value: Value) -> str:
    """What `value` is, in a word or two."""
    if value is MISSING:
        return "missing"
    if value is None:
        return "null"
    for types, name in (
        (bool, "true or false"),
        (int | float, "a number"),
        (str, "text"),
        (bytes, "bytes"),
        (list, "a list"),
        (dict, "an object"),
        (Duration, "a duration"),
    ):
        if isinstance(value, types):
            return name
    return type(value).__name__


def without_people(text: str) -> str:
    """`text` with secrets and addresses of people masked, and halves of characters, which no report takes, replaced.

    It is done before a text is cut: of half a secret nobody knows that it is one.
    """
    return _ADDRESS.sub("***@***", redact(text.encode("utf-8", "replace").decode()))


def shown(value: Value) -> str:
    """`value` for a message: short, with the content of lists and objects counted and addresses of people masked."""
    if isinstance(value, list):
        return f"a list of {len(value):,}"
    if isinstance(value, dict):
        return f"an object of {len(value):,} keys"
    if isinstance(value, Duration):
        return f"{value.seconds * 1000:,.0f}ms"
    if isinstance(value, bytes):
        return f"hex {value[:16].hex()}{'…' if len(value) > 16 else ''}"
    if isinstance(value, Reference):
        return f"{{{{{value.name}}}}}"
    if value is MISSING:
        return "nothing"
    text = without_people(value) if isinstance(value, str) else value
    if isinstance(text, str) and len(text) > _LONGEST_SHOWN:
        text = f"{text[:_LONGEST_SHOWN]}…"
    return json.dumps(text, ensure_ascii=False)
