"""What was seen, as the content of a report."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from sereno.compliance.asking import Answer
from sereno.compliance.content import Clocks, Consents, Content, Trend
from sereno.compliance.controls import judge_controls
from sereno.compliance.judging import breach_clocks, consents_of, request_clocks
from sereno.compliance.looking import Seen, section_of
from sereno.compliance.registers import tables
from sereno.compliance.score import score_of
from sereno.systems.model import System
from sereno.systems.sections.compliance import Language

T = TypeVar("T")


def compose(system: System, seen: Seen, *, language: Language) -> Content:
    """The report of `seen`, before it is sealed."""
    section, now = section_of(system), seen.now
    controls = judge_controls(system, seen)
    gaps: dict[str, str] = {}

    def told(name: str, answer: Answer | None, read: Callable[[Answer], T]) -> T | None:
        if answer is None or answer.problem:
            gaps[name] = answer.problem if answer else f"there is no sql/compliance.{name}.sql"
            return None
        try:
            return read(answer)
        except (KeyError, TypeError, ValueError) as error:
            gaps[name] = f"{answer.evidence.query} does not give what its contract says: {error}"
            return None

    consents: tuple[Consents, ...] | None = told(
        "consents", seen.tables.consents, lambda a: tuple(map(consents_of, a.rows))
    )
    requests: Clocks | None = told(
        "requests", seen.tables.requests, lambda a: request_clocks(system, section, now)(a.rows)
    )
    breaches: Clocks | None = told(
        "breaches", seen.tables.breaches, lambda a: breach_clocks(system, section, now)(a.rows)
    )
    gaps |= {f"control.{name}": wish.leave_out for name, wish in section.controls.items() if wish.leave_out}
    gaps |= {answer.evidence.name: answer.problem for answer in seen.trail.events.values() if answer.problem}
    if seen.map_ is None:
        gaps["processing"] = "there is no data_map.yaml"
    return Content(
        system=system.name,
        title=system.title,
        controller=section.controller,
        timezone=system.timezone,
        language=language,
        laws=section.laws,
        period=seen.period,
        generated_at=now,
        score=score_of(controls),
        trend=tuple(Trend(until=score.until, value=score.value) for score in seen.trail.scores),
        controls=controls,
        consents=consents,
        requests=requests,
        breaches=breaches,
        tables=tuple(tables(system, seen)),
        gaps=gaps,
        evidence=tuple(answer.evidence for answer in (seen.own.backups, *seen.trail.events.values())),
    )
