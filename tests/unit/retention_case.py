"""Backups, rules and what stays of them, for the tests of retention."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.backup.keep import CalendarEntry, DatedBackup, KeepPolicy, Rule
from sereno.backup.manifest import BackupKind
from sereno.backup.retention import calendar
from sereno.systems.sections.retention import Retention

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
NOTHING: dict[str, Any] = {
    "keep_last": 0,
    "within_days": 0,
    "daily": 0,
    "weekly": 0,
    "monthly": 0,
    "yearly": 0,
    "minimum": 1,
}


def policy(zone: ZoneInfo = LISBON, **rules: Any) -> KeepPolicy:
    """Only what is said, besides a minimum of one."""
    return KeepPolicy(Retention.model_validate({**NOTHING, **rules}), zone)


def taken(
    moment: datetime, kind: BackupKind = BackupKind.FULL, parent: DatedBackup | None = None, number: int = 0
) -> DatedBackup:
    """A backup taken at `moment`."""
    identifier = f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}-{kind}-{number:08x}"
    return DatedBackup(identifier, kind, moment, parent.id if parent else None, 1000)


def nightly(count: int, *, last: datetime = NOW - timedelta(hours=9), kind: BackupKind = BackupKind.FULL) -> list[Any]:
    """One backup a day, oldest first."""
    return [taken(last - timedelta(days=days), kind) for days in reversed(range(count))]


def chain(start: datetime, increments: int) -> list[DatedBackup]:
    """A full backup and that many increments, one a day."""
    backups = [taken(start)]
    for day in range(1, increments + 1):
        backups.append(taken(start + timedelta(days=day), BackupKind.INCREMENTAL, backups[-1]))
    return backups


def kept(backups: Sequence[DatedBackup], keep: KeepPolicy, now: datetime = NOW, **more: Any) -> list[DatedBackup]:
    """What stays, oldest first."""
    return [entry.backup for entry in calendar(backups, keep=keep, now=now, **more) if entry.stays]


def days(backups: Iterable[DatedBackup]) -> list[str]:
    """Month and day of each."""
    return [f"{backup.taken_at:%m-%d}" for backup in backups]


def reasons(entry: CalendarEntry) -> set[Rule]:
    """The rules that ask for it."""
    return {reason.rule for reason in entry.reasons}
