"""How large a system's database was at each look, and what its statements had taken by then."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from sereno.ledger.ledger import Ledger
from sereno.ledger.models import CareReadingRow, time_text

KEPT = 800
"""Readings of a system: two years of daily ones."""


@dataclass(frozen=True, kw_only=True)
class CareReading:
    """A database at one moment. `database` names it, so that it is not compared with another one."""

    taken_at: datetime
    database: str
    database_bytes: int | None
    tables: Mapping[str, int]
    """Bytes with indexes, by name."""
    statements: Mapping[str, tuple[int, float]] | None
    """Calls and milliseconds so far, by id; None where nothing counts them, and in all but the newest reading."""
    counted_since: str | None
    """When the server began to count statements, by its own clock."""


def note_reading(ledger: Ledger, system: str, reading: CareReading) -> None:
    """Append a reading; the oldest go when there are more than are kept.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    fields = {
        **vars(reading),
        "taken_at": time_text(reading.taken_at),
        "tables": json.dumps(dict(reading.tables)),
        "statements": json.dumps(dict(reading.statements)) if reading.statements is not None else None,
    }
    of_system = CareReadingRow.system == system
    newest = (
        select(CareReadingRow.id).where(of_system).order_by(CareReadingRow.taken_at.desc(), CareReadingRow.id.desc())
    )
    with ledger.writing() as session:
        session.execute(update(CareReadingRow).where(of_system).values(statements=None))
        session.add(CareReadingRow(system=system, **fields))
        session.flush()
        too_old = session.scalars(newest.offset(KEPT)).all()
        session.execute(delete(CareReadingRow).where(CareReadingRow.id.in_(too_old)))


def newest_readings(ledger: Ledger, system: str, *, at_most: int) -> list[CareReading]:
    """The last `at_most` readings, oldest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    newest = select(CareReadingRow).filter_by(system=system)
    newest = newest.order_by(CareReadingRow.taken_at.desc(), CareReadingRow.id.desc()).limit(at_most)
    with ledger.reading() as session:
        return [_reading(row) for row in session.scalars(newest)][::-1]


def _reading(row: CareReadingRow) -> CareReading:
    statements = json.loads(row.statements) if row.statements else None
    return CareReading(
        taken_at=datetime.fromisoformat(row.taken_at),
        database=row.database,
        database_bytes=row.database_bytes,
        tables=json.loads(row.tables),
        statements={each: (calls, took) for each, (calls, took) in statements.items()}
        if statements is not None
        else None,
        counted_since=row.counted_since,
    )
