"""What changed since the look before this one: sizes, and the time that statements took."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sereno.care.looking import Seen, Unseen
from sereno.care.statements import Statement
from sereno.care.tables import Table
from sereno.ledger import open_ledger
from sereno.ledger.care_readings import CareReading, newest_readings, note_reading
from sereno.systems.model import System

_SHOWN = 60  # readings
_DAY_SECONDS = 86_400.0


def remember(system: System, seen: Seen, *, now: datetime) -> tuple[CareReading, ...]:
    """Write down what is compared next time; the readings so far, oldest first and this one last.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    with open_ledger() as ledger:
        before = newest_readings(ledger, system.name, at_most=_SHOWN - 1)
        reading = reading_of(seen, now=now)
        note_reading(ledger, system.name, reading)
    return (*before, reading)


def reading_of(seen: Seen, *, now: datetime) -> CareReading:
    """What is kept of a look."""
    tables = () if isinstance(seen.tables, Unseen) else seen.tables
    counted = None if isinstance(seen.statements, Unseen) else seen.statements
    since = counted.counted_since if counted else None
    return CareReading(
        taken_at=now,
        database=seen.server.identity,
        database_bytes=seen.server.database_bytes,
        tables={table.name: table.total_bytes for table in tables if not table.locked},
        statements={each.id: (each.calls, round(each.milliseconds, 3)) for each in counted.statements}
        if counted
        else None,
        counted_since=since.isoformat() if since else None,
    )


def earlier(readings: Sequence[CareReading]) -> CareReading | None:
    """The newest reading of the same database before the last one of `readings`."""
    *before, last = readings
    return next((each for each in reversed(before) if each.database == last.database), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How much a table has grown, in bytes; None where it was not there before."""

    table: Table
    grown_bytes: int | None
    before_bytes: int | None

    def percent_a_day(self, seconds: float) -> float:
        """How fast, of what it was; what happened within a day counts as a day's."""
        if not self.grown_bytes or not self.before_bytes:
            return 0.0
        return 100 * self.grown_bytes / self.before_bytes / max(1.0, seconds / _DAY_SECONDS)


def growth(tables: Sequence[Table], before: CareReading | None) -> list[Growth]:
    """Each table with its growth since `before`, in the order given."""
    known = before.tables if before else {}
    grown = []
    for table in tables:
        was = None if table.locked else known.get(table.name)
        more = None if was is None else table.total_bytes - was
        grown.append(Growth(table=table, grown_bytes=more, before_bytes=was))
    return grown


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a statement took since the look before."""

    statement: Statement
    calls: int
    milliseconds: float

    @property
    def mean_milliseconds(self) -> float:
        """Of one call."""
        return self.milliseconds / self.calls if self.calls else 0.0


def counts_on(last: CareReading, before: CareReading | None) -> bool:
    """Whether the counters of statements went on since `before`, so that the difference means something."""
    return bool(before and before.statements is not None and before.counted_since == last.counted_since)


def spent(statements: Sequence[Statement], before: CareReading | None) -> list[Spent]:
    """What each statement took since `before` (else since its counter began), the most expensive first."""
    known = (before.statements or {}) if before else {}
    found = []
    for statement in statements:
        calls, milliseconds = known.get(statement.id, (0, 0.0))
        if calls > statement.calls:  # the server had thrown its counter away meanwhile
            calls, milliseconds = 0, 0.0
        if statement.calls > calls:
            more = max(0.0, statement.milliseconds - milliseconds)
            found.append(Spent(statement=statement, calls=statement.calls - calls, milliseconds=more))
    return sorted(found, key=lambda each: -each.milliseconds)
