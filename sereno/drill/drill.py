"""A drill under way: how long its phases take, and what it has found out so far."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sereno.drill.plan import DrillPlan
from sereno.errors import ConfigurationError, RefusedError, SerenoError
from sereno.reports.model import Finding

RECOVERY = ("server", "schema", "rows", "indexes", "volumes")
"""The phases after which people could work again; what comes then is proof."""


@dataclass
class Drill:
    """What one drill has found out. `phases` are seconds, in the order in which the phases came."""

    plan: DrillPlan
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    phases: dict[str, float] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)

    @property
    def recovery_seconds(self) -> float:
        """How long people would have waited."""
        return sum(self.phases.get(phase, 0.0) for phase in RECOVERY)

    @property
    def age_seconds(self) -> float:
        """How old the backup was: what people would have lost. Never negative, whatever the clocks say."""
        return max(0.0, (self.started_at - self.plan.taken_at).total_seconds())

    @contextmanager
    def phase(self, name: str) -> Iterator[None]:
        """Count the seconds of the block to the phase `name`, however it ends."""
        begun = time.monotonic()
        try:
            yield
        finally:
            self.phases[name] = self.phases.get(name, 0.0) + time.monotonic() - begun

    def found(self, findings: Iterable[Finding]) -> None:
        """Add findings."""
        self.findings += findings

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """Let what goes wrong in the block be a finding: that a backup cannot be restored is what drills are for.

        What a person has to mend first, such as a missing program, and what a guard refuses is raised all the same.
        """
        try:
            yield
        except (ConfigurationError, RefusedError):
            raise
        except SerenoError as error:
            self.found([Finding(name="the drill came to its end", passed=False, evidence=str(error))])
