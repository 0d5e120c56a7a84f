"""What became of one purge, and the figures that stand for it in reports and in the audit chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sereno.maintenance.idle import IdleOutcome
from sereno.maintenance.plan import PurgePlan
from sereno.maintenance.progress import PurgeProgress
from sereno.reports.model import Figure
from sereno.systems.sections.maintenance import Purge


@dataclass(frozen=True, slots=True, kw_only=True)
class Before:
    """What was deleted before this attempt and stands in no audit event yet."""

    own: int = 0
    """By this run itself, before it was suspended or retried."""
    others: Mapping[str, int] = field(default_factory=dict)
    """By runs that were killed, by their ids; their events were written now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeOutcome:
    """One purge: what was found, how far it came, and what went wrong."""

    purge: Purge
    live: bool
    plan: PurgePlan | None = None
    progress: PurgeProgress = field(default_factory=PurgeProgress)
    before: Before = field(default_factory=Before)
    left: int = 0
    """How many old rows a live run has left."""
    problem: str = ""
    unnoted: str = ""
    """Why the system's own audit table does not know of it."""

    @property
    def deleted(self) -> int:
        """How many rows went in this run."""
        return self.before.own + self.progress.deleted

    @property
    def wrong(self) -> str:
        """Why not everything was done that should have been; empty when it was."""
        return self.problem or self.progress.stopped

    @property
    def candidates(self) -> int:
        """How many rows were old when the run began."""
        if self.plan is None:
            return 0
        return self.plan.candidates if self.plan.candidates is not None else self.deleted + self.left

    @property
    def going(self) -> int:
        """How many rows went in this run, or would go in a live one."""
        return self.deleted if self.live else self.plan.rows if self.plan else 0

    @property
    def remaining(self) -> int:
        """How many old rows stay for the next run."""
        return max(0, self.candidates - self.going)


def purge_figures(outcome: PurgeOutcome) -> dict[str, Figure]:
    """The figures of one purge, called as the runbook calls them."""
    plan = outcome.plan
    figures: dict[str, Figure] = {
        "candidates": outcome.candidates,
        "deleted": outcome.deleted,
        "remaining_candidates": outcome.remaining,
        "would_delete": 0 if outcome.live else outcome.going,
        "cutoff": plan.cutoff.isoformat(timespec="seconds") if plan else None,
        "retain_days": outcome.purge.retain_days,
        "max_delete": outcome.purge.max_delete,
    }
    if outcome.progress.partitions:
        figures["dropped_partitions"] = outcome.progress.partitions
    if outcome.progress.archived:
        figures["archive_parts"] = len(outcome.progress.archived)
    return figures


def idle_figures(outcome: IdleOutcome, *, live: bool) -> dict[str, Figure]:
    """The figures of idle clients, called as the runbook calls them."""
    return {
        "candidates": outcome.candidates,
        "deactivated": outcome.deactivated,
        "remaining_candidates": outcome.candidates - (outcome.deactivated if live else len(outcome.chosen)),
        "would_deactivate": 0 if live else len(outcome.chosen),
        "cutoff": outcome.cutoff.isoformat(timespec="seconds"),
        "idle_days": outcome.idle_days,
        "idle_limit": outcome.limit,
    }
