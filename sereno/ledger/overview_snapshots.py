"""The business of systems, day by day: one snapshot for each system, scope and local day."""

from __future__ import annotations

import json
from datetime import date, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, select, update

from sereno.ledger.ledger import Ledger
from sereno.ledger.models import OverviewSnapshotRow, time_text
from sereno.metrics import OverviewRecord
from sereno.overview.snapshot import ALL, Holdings, Snapshot

KEPT_DAYS = 800
"""Snapshots of a system: two years of daily ones."""


def snapshots(ledger: Ledger, system: str, *, scope: str, since: date, before: date) -> list[Snapshot]:
    """The snapshots from `since` up to the day before `before`, oldest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    wanted = select(OverviewSnapshotRow.content).where(_of(system, scope))
    wanted = wanted.where(OverviewSnapshotRow.day >= since.isoformat(), OverviewSnapshotRow.day < before.isoformat())
    with ledger.reading() as session:
        return [
            Snapshot.model_validate_json(content)
            for content in session.scalars(wanted.order_by(OverviewSnapshotRow.day))
        ]


def snapshot_of(ledger: Ledger, system: str, *, scope: str, day: date) -> Snapshot | None:
    """The snapshot of one day."""
    found = snapshots(ledger, system, scope=scope, since=day, before=day + timedelta(days=1))
    return found[0] if found else None


def holdings_before(ledger: Ledger, system: str, *, scope: str, day: date) -> tuple[Snapshot, Holdings] | None:
    """The newest snapshot before `day` with which tenants can be compared, and what they had then.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    comparable = and_(_of(system, scope), OverviewSnapshotRow.holdings.is_not(None))
    wanted = select(OverviewSnapshotRow).where(comparable, OverviewSnapshotRow.day < day.isoformat())
    with ledger.reading() as session:
        row = session.scalars(wanted.order_by(OverviewSnapshotRow.day.desc()).limit(1)).first()
        if row is None or row.holdings is None:
            return None
        return Snapshot.model_validate_json(row.content), json.loads(row.holdings)


def note_snapshot(ledger: Ledger, system: str, snapshot: Snapshot, *, scope: str, holdings: Holdings | None) -> None:
    """Write down a day; an earlier snapshot of the same day gives way to it.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    day, row = OverviewSnapshotRow.day, OverviewSnapshotRow
    comparable = and_(_of(system, scope), row.holdings.is_not(None), day < snapshot.day.isoformat())
    too_old = (snapshot.day - timedelta(days=KEPT_DAYS)).isoformat()
    with ledger.writing() as session:
        newest = session.scalar(select(func.max(day)).where(comparable))
        if newest is not None:
            session.execute(update(row).where(_of(system, scope), day < newest).values(holdings=None))
        session.execute(delete(row).where(_of(system, scope), day < too_old))
        session.merge(
            row(
                system=system,
                scope=_kept(scope),
                day=snapshot.day.isoformat(),
                taken_at=time_text(snapshot.taken_at),
                content=snapshot.model_dump_json(),
                holdings=None if holdings is None else json.dumps(dict(holdings), separators=(",", ":")),
            )
        )


def newest_overview(ledger: Ledger, system: str) -> OverviewRecord | None:
    """The newest snapshot of all tenants of a system, for metrics.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    wanted = select(OverviewSnapshotRow.content).where(_of(system, ALL))
    with ledger.reading() as session:
        content = session.scalars(wanted.order_by(OverviewSnapshotRow.day.desc()).limit(1)).first()
    if content is None:
        return None
    snapshot = Snapshot.model_validate_json(content)
    tenants = snapshot.tenants
    plans = tenants.plans if tenants else {}
    return OverviewRecord(
        system=system,
        taken_at=snapshot.taken_at,
        currency=snapshot.currency,
        active_tenants=tenants.active if tenants else None,
        trials_ending=tenants.trials_ending if tenants else None,
        open_alerts=snapshot.alerts,
        revenue={name: revenue for name, plan in plans.items() if (revenue := plan.revenue) is not None},
    )


def _of(system: str, scope: str) -> ColumnElement[bool]:
    return and_(OverviewSnapshotRow.system == system, OverviewSnapshotRow.scope == _kept(scope))


def _kept(scope: str) -> str:
    return "" if scope == ALL else scope
