"""How far a purge has come in this run."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.maintenance.plan import Grain, Key, PurgePlan
from sereno.maintenance.sizing import FIRST_ROWS


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeProgress:
    """What was done, and with what the next slice goes on."""

    partitions: int = 0
    """How many of the plan's partitions were dropped."""
    grains: int = 0
    """How many of the plan's grains were deleted."""
    swept_to: Key | None = None
    """The key up to which a sweep has come."""
    swept: bool = False
    """Whether the sweep is over."""
    rest: tuple[Grain, ...] | None = None
    """The grains after a sweep; None before they are planned, and where the plan has no sweep."""
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
        if self.sweeps(plan):
            return self.deleted >= plan.purge.max_delete or bool(self.stopped)
        done = self.partitions == len(plan.partitions) and self.grains == len(self.grains_of(plan))
        return done or bool(self.stopped)

    def sweeps(self, plan: PurgePlan) -> bool:
        """Whether the purge sweeps, or has swept and not planned the rest."""
        return plan.sweep_from is not None and self.rest is None

    def grains_of(self, plan: PurgePlan) -> tuple[Grain, ...]:
        """The grains that `grains` counts in."""
        return plan.grains if self.rest is None else self.rest
