"""The score: the weighted pass rate, bounded while a critical control fails, and what would raise it most."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import Field

from sereno.compliance.control import Judged, Outcome
from sereno.compliance.evidence import Part
from sereno.systems.sections.compliance import Severity

BOUND = 69
"""The highest score of a system of which a critical control failed."""


class Raise(Part):
    """A control that does not count as passed, and what the score would be if it alone did."""

    control: str
    score: int


class Score(Part):
    """How many of a hundred points a system has."""

    value: int = Field(ge=0, le=100)
    bounded: bool
    """Whether a failed critical control keeps it down."""
    passed: int
    """How many controls passed."""
    controls: int
    raises: tuple[Raise, ...] = ()
    """What would raise it most first; controls alone that would not raise it are left out."""


def score_of(controls: Sequence[Judged]) -> Score:
    """The score of `controls`; 0 where there are none."""
    value, bounded = _score(controls, passing=None)
    raises = [Raise(control=each.name, score=_score(controls, passing=each.name)[0]) for each in _missing(controls)]
    gains = sorted((each for each in raises if each.score > value), key=lambda each: (-each.score, each.control))
    return Score(
        value=value,
        bounded=bounded,
        passed=sum(each.passed for each in controls),
        controls=len(controls),
        raises=tuple(gains),
    )


def _missing(controls: Sequence[Judged]) -> list[Judged]:
    return [each for each in controls if not each.passed]


def _score(controls: Sequence[Judged], *, passing: str | None) -> tuple[int, bool]:
    total = sum(each.weight for each in controls)
    if not total:
        return 0, False
    reached = sum(each.weight for each in controls if each.passed or each.name == passing)
    value = reached * 100 // total  # never rounded up: 100 only where everything passed
    failed = any(
        each.severity is Severity.CRITICAL and each.outcome is Outcome.FAILED and each.name != passing
        for each in controls
    )
    return (min(value, BOUND), value > BOUND) if failed else (value, False)
