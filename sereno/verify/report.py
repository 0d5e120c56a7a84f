"""What the job `verify_backups` reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.backup.manifest import LINKS
from sereno.errors import ConfigurationError
from sereno.reports.build import headline, human_bytes, human_count, human_seconds
from sereno.reports.model import Draft, Finding, ReportTable
from sereno.systems.model import System
from sereno.verify.freshness import freshness_findings, recovery_points
from sereno.verify.inventory import Inventory, StoredBackup
from sereno.verify.reading import Reading, reading_findings

_COLUMNS = (
    "backup",
    "kind",
    "last verified",
    "last drilled",
    "size",
    "stored",
    "ratio",
    "taken at",
    "rests on",
    "stays until about",
)


def verification_report(
    system: System, inventory: Inventory, readings: Sequence[Reading], *, share_percent: int, now: datetime
) -> Draft:
    """The report on the backups that were read, and on how old the newest ones are."""
    if system.backup is None:
        raise ConfigurationError(f"{system.name} has no section `backup` in its system.yaml")
    known = updated(inventory, readings)
    unreadable = [
        Finding(name=f"the manifest of {backup} in store {store} can be read", passed=False, evidence=problem)
        for (store, backup), problem in inventory.unreadable.items()
    ]
    findings = (
        *freshness_findings(known, recovery_points(system.backup), now=now),
        *unreadable,
        *reading_findings(readings),
    )
    waiting = [now - (backup.whole_at or backup.taken_at) for backup in known.backups]
    return Draft(
        headline=headline(findings, _passed(known, readings, now=now)),
        figures={
            "backups": len(known.backups) + len(unreadable),
            "verified": sum(1 for reading in readings if reading.whole),
            "share_percent": share_percent,
            "objects": sum(reading.objects for reading in readings),
            "plain_bytes": sum(reading.plain_bytes for reading in readings),
            "stored_bytes": sum(backup.stored_bytes for backup in known.backups),
            "longest_unverified_seconds": round(max(waiting, default=timedelta()).total_seconds()),
        },
        findings=findings,
        tables=(listing(known, system.zone),),
    )


def updated(inventory: Inventory, readings: Sequence[Reading]) -> Inventory:
    """`inventory` as it is after `readings`."""
    now_read = {(reading.store, reading.backup): reading for reading in readings}

    def after(backup: StoredBackup, reading: Reading | None) -> StoredBackup:
        if reading is None or reading.read_at is None:
            return backup
        whole_at = reading.read_at if reading.whole else backup.whole_at
        return replace(backup, read_at=reading.read_at, whole_at=whole_at)

    matched = ((backup, now_read.get((backup.store, backup.id))) for backup in inventory.backups)
    left = tuple(after(backup, reading) for backup, reading in matched if not (reading and reading.deleted))
    return replace(inventory, backups=left)


def listing(inventory: Inventory, zone: ZoneInfo) -> ReportTable:
    """Every backup, newest first."""
    rows = [_row(backup, zone) for backup in sorted(inventory.backups, key=_when, reverse=True)]
    if len(inventory.stores) < 2:
        return ReportTable(title="Every backup", columns=_COLUMNS, rows=tuple(row[1:] for row in rows))
    return ReportTable(title="Every backup", columns=("store", *_COLUMNS), rows=tuple(rows))


def _when(backup: StoredBackup) -> tuple[datetime, str]:
    return backup.taken_at, backup.id


def _row(backup: StoredBackup, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        backup.store,
        backup.id,
        backup.kind.value,
        f"damaged {_time(backup.read_at, zone)}" if backup.damaged else _time(backup.whole_at, zone),
        _time(backup.drilled_at, zone),
        human_bytes(backup.plain_bytes),
        human_bytes(backup.stored_bytes),
        f"{backup.plain_bytes / backup.stored_bytes:.1f}" if backup.stored_bytes else "",
        _time(backup.taken_at, zone),
        backup.parent or "",
        backup.stays_until,
    )


def _time(moment: datetime | None, zone: ZoneInfo) -> str:
    return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M") if moment else "never"


def _passed(inventory: Inventory, readings: Sequence[Reading], *, now: datetime) -> str:
    newest = max((each for each in inventory.backups if each.kind in LINKS), key=_when, default=None)
    size = human_bytes(sum(reading.plain_bytes for reading in readings))
    read = f"{human_count(len(readings))} of {human_count(len(inventory.backups), 'backup')} read whole ({size})"
    if newest is None:
        return read
    age = human_seconds(max(0.0, (now - newest.taken_at).total_seconds()))
    return f"the newest backup {newest.id} is {age} old and whole with all that it rests on; {read}"
