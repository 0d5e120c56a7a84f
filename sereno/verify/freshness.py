"""How old the newest backups are, against how old they may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sereno.backup.manifest import LINKS, BackupKind
from sereno.reports.build import human_seconds
from sereno.reports.model import Finding
from sereno.systems.sections.backup import Backup
from sereno.verify.inventory import Inventory, StoredBackup

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two machines may lie apart before a moment counts as in the future."""


@dataclass(frozen=True)
class RecoveryPoint:
    """How much of the past may be lost: of `what`, which backups of these kinds hold."""

    what: str
    kinds: frozenset[BackupKind]
    within: timedelta


def recovery_points(section: Backup) -> tuple[RecoveryPoint, ...]:
    """What the system's file asks for."""
    everything = RecoveryPoint("everything", frozenset(LINKS), timedelta(hours=section.recovery_point_hours))
    if section.critical_recovery_point_hours is None:
        return (everything,)
    kinds, within = frozenset({*LINKS, BackupKind.CRITICAL}), timedelta(hours=section.critical_recovery_point_hours)
    return everything, RecoveryPoint("the critical tables", kinds, within)


def freshness_findings(inventory: Inventory, points: Sequence[RecoveryPoint], *, now: datetime) -> Iterator[Finding]:
    """For each store: is the newest backup new enough, and is none dated in the future?"""
    for store in inventory.stores:
        backups = inventory.of_store(store)
        past = [backup for backup in backups if backup.taken_at <= now + CLOCKS_DIFFER]
        for point in points:
            newest = max((each.taken_at for each in past if each.kind in point.kinds), default=None)
            yield age_finding(point, newest, where=f"in store {store}", now=now)
        yield _future_finding(store, [backup for backup in backups if backup not in past], now=now)


def age_finding(point: RecoveryPoint, newest: datetime | None, *, where: str, now: datetime) -> Finding:
    """Is the newest backup, taken at `newest`, new enough?"""
    name = f"the newest backup of {point.what} {where} is at most {_hours(point.within)} old"
    if newest is None:
        return Finding(name=name, passed=False, evidence="there is none; run the job `backup`")
    age = max(now - newest, timedelta())
    evidence = f"it is {human_seconds(age.total_seconds())} old, of {newest:%Y-%m-%d %H:%M:%S %Z}"
    late = "; see why the scheduled backups did not run, or did not complete"
    return Finding(name=name, passed=age <= point.within, evidence=evidence + ("" if age <= point.within else late))


def _future_finding(store: str, future: Sequence[StoredBackup], *, now: datetime) -> Finding:
    name = f"no backup in store {store} is dated in the future"
    listed = ", ".join(f"{each.id} is {human_seconds((each.taken_at - now).total_seconds())} ahead" for each in future)
    advice = "; a clock is or was wrong, and such a backup counts as the newest for a long time"
    return Finding(name=name, passed=not future, evidence=listed + advice if future else "")


def _hours(period: timedelta) -> str:
    return f"{period.total_seconds() / 3600:.0f} h"
