"""How far a purge has come in this run."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.maintenance.plan import PurgePlan
from sereno.maintenance.sizing import FIRST_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeProgress:
    """What was done, and with what the next slice goes on."""

    partitions: int = 0
    """How many of the plan's partitions were dropped."""
    grains: int = 0
    """How many of the plan's grains were deleted."""
    deleted: int = 0
    batches: int = 0
    waited_seconds: float = 0.0
    working_seconds: float = 0.0
    next_rows: int = FIRST_ROWS
    hindered: int = 0
    """How often in a row a batch met a lock, a timeout or a lost connection."""
    archived: tuple[str, ...] = ()
    """The objects with the archived rows."""
    waiting_for: str = ""
    stopped: str = ""
    """Why the purge is left to the next run; empty while it goes on."""

    def finished(self, plan: PurgePlan) -> bool:
        """Whether nothing is left to do in this run."""
        done = self.partitions == len(plan.partitions) and self.grains == len(plan.grains)
        return done or bool(self.stopped)
