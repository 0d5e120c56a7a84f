"""Naming rows that broke a rule by their keys, where those are no personal data."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sereno.reports.build import human_count

MOST_COUNTED = 1_000
"""Offenders; beyond these there are just more."""
MOST_SHOWN = 5
_MACHINE_MADE = re.compile(r"(?=(?:\D*\d){4})(?=.*\d[A-Za-z])[0-9A-Za-z_-]{16,64}")
_SAFE_KINDS = frozenset({"uuid", "N", "D", "B", "T"})


def key_text(values: Sequence[str | None], kinds: Sequence[str]) -> str | None:
    """A key in words; None where a part of it is text that a person may have chosen, such as a name.

    Args:
        values: the parts of the key.
        kinds: what each is: `uuid`, or a category of PostgreSQL's types.
    """
    parts = [value if kind in _SAFE_KINDS else _machine_made(value) for value, kind in zip(values, kinds, strict=True)]
    if not parts or None in parts:
        return None
    return "/".join(str(part) for part in parts)


def value_text(value: Any) -> str | None:
    """The same for one value as the driver gives it."""
    if isinstance(value, bool | int | Decimal | UUID | datetime | date):
        return str(value)
    return _machine_made(value) if isinstance(value, str) else None


def told(keys: Iterable[str | None], *, noun: str = "row", such_as: str = "such as") -> str:
    """`3 rows, such as 17, 21, 40`; that keys are not shown is said."""
    found = list(keys)
    counted = human_count(min(len(found), MOST_COUNTED), noun)
    count = f"more than {counted}" if len(found) > MOST_COUNTED else counted
    shown = [key for key in found[:MOST_SHOWN] if key is not None]
    if shown:
        return f"{count}, {such_as} {', '.join(shown)}"
    return f"{count}; without a key that may be shown here"


def _machine_made(value: str | None) -> str | None:
    return value if value and _MACHINE_MADE.fullmatch(value) else None
