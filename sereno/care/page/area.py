"""A part of the page about a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from sereno.care.looking import Unseen
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Figure, Finding, ReportTable

T = TypeVar("T")

_NAMED = 8


@dataclass(frozen=True, slots=True)
class Judged:
    """A finding, and what a headline calls it when it did not pass, such as `2 forgotten transactions`."""

    finding: Finding
    trouble: str


@dataclass(frozen=True, kw_only=True)
class Area:
    """Findings, figures, charts and tables about one thing. Charts and tables without content are left out."""

    judged: Sequence[Judged] = ()
    figures: Mapping[str, Figure] = field(default_factory=dict)
    charts: Mapping[str, str] = field(default_factory=dict)
    tables: Sequence[ReportTable] = ()


def unseen(what: str, reason: Unseen) -> Area:
    """The part that could not be looked at: it is said, and nothing is taken for zero."""
    finding = Finding(name=f"{what} can be looked at", passed=False, evidence=reason.reason)
    return Area(judged=[Judged(finding, f"{what} that cannot be looked at")])


def without(
    offenders: Sequence[str], name: str, *, trouble: tuple[str, str], advice: str, required: bool, otherwise: str = ""
) -> Judged:
    """A finding that holds when there are no `offenders`; else it names the first of them and says what to do.

    Args:
        offenders: each as the evidence calls it.
        name: the statement.
        trouble: what one of them is, and what several are.
        advice: what to do about them.
        required: whether they fail the run.
        otherwise: the evidence when there are none.
    """
    if not offenders:
        return Judged(Finding(name=name, passed=True, required=required, evidence=otherwise), "")
    more = [f"and {human_count(len(offenders) - _NAMED)} more"] if len(offenders) > _NAMED else []
    evidence = "\n".join([*offenders[:_NAMED], *more, f"→ {advice}"])
    finding = Finding(name=name, passed=False, required=required, evidence=evidence)
    return Judged(finding, human_count(len(offenders), *trouble))


def table(title: str, columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[ReportTable]:
    """The table, or nothing when it has no rows."""
    listed = tuple(rows)
    return [ReportTable(title=title, columns=columns, rows=listed)] if listed else []


def size(number: int | None) -> str:
    """A number of bytes, or that it is not known."""
    return "unknown" if number is None else human_bytes(number)
