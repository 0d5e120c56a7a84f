"""What became of one check, and running checks so that a broken one stops none of the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from sereno.errors import ContractError, SerenoError
from sereno.reports.model import Finding


class Kind(StrEnum):
    """What a check is about."""

    ROWS = "row count"
    ENUM = "enum"
    ROW = "known row"
    PARENT = "foreign key"
    FRESH = "freshness"
    UNIQUE = "uniqueness"
    QUERY = "query"
    LATENCY = "latency"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A finding, with what was counted or measured for people to compare."""

    kind: Kind
    finding: Finding
    expected: str = ""
    seen: str = ""
    seconds: float | None = None
    """Of a latency: the best try."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a check saw: whether it holds, and why one should believe it."""

    passed: bool
    evidence: str
    seen: str = ""
    seconds: float | None = None


def judge(kind: Kind, name: str, look: Callable[[], Look], *, required: bool, expected: str = "") -> Verdict:
    """Run one check. What goes wrong in it makes it fail, and is its evidence."""
    try:
        seen = look()
    except SerenoError as error:
        advice = "" if isinstance(error, ContractError) else "; this says nothing about the rows"
        finding = Finding(name=name, passed=False, required=required, evidence=f"could not be checked: {error}{advice}")
        return Verdict(kind=kind, finding=finding, expected=expected, seen="could not be checked")
    finding = Finding(name=name, passed=seen.passed, required=required, evidence=seen.evidence)
    return Verdict(kind=kind, finding=finding, expected=expected, seen=seen.seen, seconds=seen.seconds)
