"""What has been proven of a system's backups: when each was read in each store, and the restore drills."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from sereno.ledger.ledger import Ledger
from sereno.ledger.models import BackupReadingRow, DrillRow, time_text
from sereno.ledger.serial import wait_for_turn
from sereno.reports.model import Result


@dataclass(frozen=True, kw_only=True)
class LastReading:
    """When a backup was last read in one store. `whole_at` is the last time that nothing was wrong with it."""

    read_at: datetime
    whole_at: datetime | None

    @property
    def damaged(self) -> bool:
        """Whether something was wrong the last time."""
        return self.whole_at != self.read_at


@dataclass(frozen=True, kw_only=True)
class DrillRecord:
    """A restore drill that is over. `phases` are seconds, in the order in which the phases came."""

    store: str
    backup: str
    started_at: datetime
    result: Result
    backup_age_seconds: int
    phases: Mapping[str, float]
    rows: int
    plain_bytes: int
    stored_bytes: int
    checks: int
    failed_checks: int
    flow_run_id: str | None = None


def note_reading(ledger: Ledger, *, system: str, store: str, backup: str, at: datetime, whole: bool) -> None:
    """Remember that every byte of `backup` was read at `at`, and whether it was what had been written.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    place = {"system": system, "store": store, "backup": backup}
    time = time_text(at)
    with ledger.writing() as session:
        wait_for_turn(session, name=f"sereno readings of {system}")
        row = session.get(BackupReadingRow, (system, store, backup)) or BackupReadingRow(**place, whole_at=None)
        row.read_at, row.result = time, (Result.PASSED if whole else Result.FAILED).value
        row.whole_at = time if whole else row.whole_at
        session.add(row)


def last_readings(ledger: Ledger, system: str) -> dict[tuple[str, str], LastReading]:
    """The last reading of each backup that was ever read, by store and id.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    with ledger.reading() as session:
        rows = session.scalars(select(BackupReadingRow).filter_by(system=system)).all()
        return {(row.store, row.backup): _reading(row) for row in rows}


def note_drill(ledger: Ledger, system: str, drill: DrillRecord) -> None:
    """Append a drill.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    fields = {
        **vars(drill),
        "started_at": time_text(drill.started_at),
        "result": drill.result.value,
        "phases": json.dumps(dict(drill.phases)),
    }
    with ledger.writing() as session:
        session.add(DrillRow(system=system, **fields))


def newest_drills(ledger: Ledger, system: str, *, at_most: int) -> list[DrillRecord]:
    """The last `at_most` drills, oldest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    newest = select(DrillRow).filter_by(system=system).order_by(DrillRow.started_at.desc(), DrillRow.id.desc())
    with ledger.reading() as session:
        return [_drill(row) for row in session.scalars(newest.limit(at_most))][::-1]


def last_passed_drills(ledger: Ledger, system: str) -> dict[str, datetime]:
    """When each backup was last restored by a drill that passed, by id.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    passed = select(DrillRow.backup, func.max(DrillRow.started_at)).filter_by(system=system, result=Result.PASSED.value)
    with ledger.reading() as session:
        rows = session.execute(passed.group_by(DrillRow.backup)).all()
    return {backup: datetime.fromisoformat(at) for backup, at in rows}


def _reading(row: BackupReadingRow) -> LastReading:
    whole_at = datetime.fromisoformat(row.whole_at) if row.whole_at else None
    return LastReading(read_at=datetime.fromisoformat(row.read_at), whole_at=whole_at)


def _drill(row: DrillRow) -> DrillRecord:
    return DrillRecord(
        store=row.store,
        backup=row.backup,
        started_at=datetime.fromisoformat(row.started_at),
        result=Result(row.result),
        backup_age_seconds=row.backup_age_seconds,
        phases=json.loads(row.phases),
        rows=row.rows,
        plain_bytes=row.plain_bytes,
        stored_bytes=row.stored_bytes,
        checks=row.checks,
        failed_checks=row.failed_checks,
        flow_run_id=row.flow_run_id,
    )
