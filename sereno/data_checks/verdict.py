"""What became of one check, and running checks so that a broken one stops none of the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from sereno.errors import ContractError, SerenoError
from sereno.reports.model import Finding


class Kind(StrEnum):
    """What a check is about."""

    ROWS = "row counts"
    ENUM = "enums"
    ROW = "known rows"
    PARENT = "foreign keys"
    FRESH = "freshness"
    UNIQUE = "uniqueness"
    QUERY = "queries"
    LATENCY = "latencies"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """A finding, with what was counted or measured for people to compare."""

    kind: Kind
    finding: Finding
    expected: str = ""
    seen: str = ""
    budget_percent: float | None = None
    """Of a latency: how much of its budget the best try took."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What a check saw: whether it holds, and why one should believe it."""

    passed: bool
    evidence: str
    seen: str = ""
    budget_percent: float | None = None


def judge(
    kind: Kind, name: str, look: Callable[[], Look], *, required: bool, expected: str = "", private: Iterable[str] = ()
) -> Verdict:
    """Run one check. What goes wrong in it makes it fail, and is its evidence.

    Args:
        kind: what it is about.
        name: the statement.
        look: the check.
        required: whether the run fails with it.
        expected: what people compare with what was seen.
        private: texts that stand in no evidence, such as the values by which a row is found.
    """
    try:
        seen = look()
    except SerenoError as error:
        advice = "" if isinstance(error, ContractError) else "; this says nothing about the rows"
        why = f"could not be checked: {_without(str(error), private)}{advice}"
        finding = Finding(name=name, passed=False, required=required, evidence=why)
        return Verdict(kind=kind, finding=finding, expected=expected, seen="could not be checked")
    finding = Finding(name=name, passed=seen.passed, required=required, evidence=seen.evidence)
    return Verdict(kind=kind, finding=finding, expected=expected, seen=seen.seen, budget_percent=seen.budget_percent)


def _without(text: str, private: Iterable[str]) -> str:
    for each in private:
        text = text.replace(f'"{each}"', '"..."')
    return text
