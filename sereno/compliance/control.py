"""A control of the compliance report, and how it was judged."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import Field

from sereno.compliance.evidence import Evidence, Part
from sereno.systems.sections.compliance import Severity


class Outcome(StrEnum):
    """How a control was judged. Only `passed` counts as passed."""

    PASSED = "passed"
    FAILED = "failed"
    NO_DATA = "no-data"
    """Nothing answers the question: no SQL file, a query that failed, evidence that is too old."""
    MANUAL = "manual"
    """Somebody has to look: no query can tell."""


class Judged(Part):
    """A control and its outcome."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", examples=["requests_in_time"])
    """What it is called in every language; its title is in the texts of the language, or `title`."""
    title: str = ""
    """What people call it, for a control of the system's own folder; empty for those that Sereno brings."""
    weight: int = Field(ge=1, le=100)
    severity: Severity
    outcome: Outcome
    figures: dict[str, int | Decimal | str | None] = Field(default_factory=dict)
    """What was counted, by name; counts and days, no names of people."""
    reason: str = ""
    """Why there is no data, or what a person has to do."""
    evidence: tuple[Evidence, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether it counts as passed."""
        return self.outcome is Outcome.PASSED
