"""A look among those before it: it is written down, and what came before is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from sereno.ledger import Ledger, open_ledger
from sereno.ledger.overview_snapshots import holdings_before, note_snapshot, snapshot_of, snapshots
from sereno.ledger.runs import newest_runs
from sereno.metrics import RunRecord
from sereno.overview.looking import Seen
from sereno.overview.movements import movements
from sereno.overview.snapshot import Movements, Snapshot
from sereno.systems.model import System

_READ_DAYS = 97
"""The longest trend, and a week in case nothing ran on its first day."""


@dataclass(frozen=True, kw_only=True)
class History:
    """The snapshots of about the last 90 days, oldest first and today's last, and how the system's jobs went."""

    snapshots: tuple[Snapshot, ...]
    runs: Sequence[RunRecord]

    @property
    def today(self) -> Snapshot:
        """The newest snapshot."""
        return self.snapshots[-1]


def remember(system: System, seen: Seen) -> History:
    """Write down today's snapshot, and what came before it.

    A second run on the same day takes the first one's place, unless it saw less.

    Raises:
        SerenoError: the ledger cannot be read or written.
    """
    snapshot = seen.snapshot(system)
    with open_ledger() as ledger:
        moved = _movements(ledger, system, seen, snapshot)
        snapshot = snapshot.model_copy(update={"movements": moved})
        if seen.whole or snapshot_of(ledger, system.name, scope=seen.scope, day=snapshot.day) is None:
            note_snapshot(ledger, system.name, snapshot, scope=seen.scope, holdings=seen.holdings)
        since = snapshot.day - timedelta(days=_READ_DAYS)
        before = snapshots(ledger, system.name, scope=seen.scope, since=since, before=snapshot.day)
        return History(snapshots=(*before, snapshot), runs=newest_runs(ledger, system.name))


def _movements(ledger: Ledger, system: System, seen: Seen, snapshot: Snapshot) -> Movements | None:
    earlier = holdings_before(ledger, system.name, scope=seen.scope, day=snapshot.day)
    if earlier is None or seen.holdings is None or snapshot.tenants is None:
        return None
    last, holdings = earlier
    if last.tenants is None or last.currency != snapshot.currency:
        return None
    return movements(
        holdings,
        seen.holdings,
        then={name: plan.price for name, plan in last.tenants.plans.items()},
        now={name: plan.price for name, plan in snapshot.tenants.plans.items()},
        since=last.day,
    )
