"""What a purge would do: which rows, how many, how large, and what to know before they go."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TypeAlias

from sereno.database.sessions import ReadSession, reading
from sereno.ledger import open_ledger
from sereno.maintenance.cutoff import comparable, cutoff_of
from sereno.maintenance.pace import past_pace
from sereno.maintenance.partitions import Partition, old_partitions
from sereno.maintenance.statements import GRAIN_ROWS, Statements
from sereno.maintenance.table import PurgeTable, look_up
from sereno.settings import load_settings
from sereno.systems.contracts.maintenance import PURGE_HOLD, PURGE_ONLY
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql

Key: TypeAlias = tuple[str, ...]
"""A row's key, each column of it as text."""
_DENSE = 0.9
"""Of the lowest keys so many are old where a purge begins with a sweep."""


@dataclass(frozen=True, slots=True)
class Grain:
    """A few old rows: how many, and the first and the last key."""

    rows: int
    low: Key
    high: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgePlan:
    """What one purge does. `grains` are the rows that go, in key order; a dry run has the first alone.

    A live run where nearly all of the lowest keys are old begins with a sweep: it goes through the keys one after the
    other, and its batches are found as it goes. That spares reading and sorting all old rows beforehand.
    """

    purge: Purge
    table: PurgeTable
    statements: Statements = field(repr=False)
    now: datetime
    cutoff: datetime
    value: datetime | date | int
    candidates: int | None
    """How many rows are old; None in a live run, which counts what is left at its end."""
    grains: tuple[Grain, ...] = field(repr=False)
    sweep_from: Key | None
    """The lowest key, where the purge begins with a sweep; there are no grains then."""
    partitions: tuple[Partition, ...]
    row_bytes: float
    rows_per_second: float | None
    """By the live runs that the ledger remembers; None when there was none, and in a live run."""

    @property
    def name(self) -> str:
        """The purge's name."""
        return self.purge.name

    @property
    def rows(self) -> int:
        """How many rows go in this run, with whole partitions and one by one; at most, where it begins with a sweep."""
        if self.sweep_from:
            return self.purge.max_delete
        whole = sum(partition.rows for partition in self.partitions)
        if self.candidates is None:
            return whole + sum(grain.rows for grain in self.grains)
        return whole + min(self.candidates - whole, self.purge.max_delete)


def plan_purge(system: System, purge: Purge, *, now: datetime, live: bool) -> PurgePlan:
    """Look at the table and find the rows that are old; nothing is changed.

    Args:
        system: the system.
        purge: what is old, and how much of it goes.
        now: the moment from which days are counted back.
        live: also read the keys of all rows that go.

    Raises:
        ContractError: the table, its key or a file is not as the system's folder says.
        RefusedError: a policy would hide rows.
        SystemUnavailableError: the database does not answer, or took too long.
    """
    cutoff = cutoff_of(purge, now=now)
    with ExitStack() as stack:
        meanwhile = stack.enter_context(ThreadPoolExecutor(max_workers=1))
        pace = None if live else meanwhile.submit(_pace, system, purge)
        session = stack.enter_context(reading(system, purpose=f"maintenance: plan {purge.name}"))
        statements, value = _looked_at(session, system, purge, cutoff)
        for file in (statements.only, statements.hold):
            if file:
                _require_query(session, file)
        candidates = None if live else _count(session, statements, value)
        partitions = old_partitions(session, purge, statements, value) if purge.drop_partitions else ()
        statements = replace(statements, dropped=tuple(partition.oid for partition in partitions))
        swept = _swept(session, statements, value) if live and not purge.drop_partitions else None
        most = purge.max_delete if live else min(purge.max_delete, GRAIN_ROWS)
        grains = (swept,) if swept else _grains(session, statements, value, most=most)
        row_bytes = _row_bytes(session, statements, grains)
    return PurgePlan(
        purge=purge,
        table=statements.table,
        statements=statements,
        now=now,
        cutoff=cutoff,
        value=value,
        candidates=candidates,
        grains=() if swept else grains,
        sweep_from=swept.low if swept else None,
        partitions=partitions,
        row_bytes=row_bytes,
        rows_per_second=pace.result() if pace else None,
    )


def _pace(system: System, purge: Purge) -> float | None:
    with open_ledger() as ledger:
        return past_pace(ledger, system.name, purge)


def plan_rest(system: System, plan: PurgePlan, *, most: int) -> tuple[Grain, ...]:
    """The rows that go after a sweep, at most `most`, in key order.

    Raises:
        SystemUnavailableError: the database does not answer, or took too long.
    """
    with reading(system, purpose=f"maintenance: plan the rest of {plan.name}") as session:
        return _grains(session, plan.statements, plan.value, most=most)


def held_files(system: System, purge: Purge) -> tuple[SqlFile | None, SqlFile | None]:
    """The queries that say which rows a purge is about, and which it must leave; None where the folder has none.

    Raises:
        ConfigurationError: one cannot be read.
    """
    settings = load_settings()
    stems = (each.stem.replace("*", purge.name) for each in (PURGE_ONLY, PURGE_HOLD))
    only, hold = (find_sql(system.name, stem, settings) for stem in stems)
    return only, hold


def look_at_purge(system: System, purge: Purge) -> Statements:
    """Compare a purge with the catalog, and have the server prepare its condition; no row is read.

    Raises:
        ContractError: the table, its key or a file is not as the system's folder says.
        RefusedError: a policy would hide rows.
        SystemUnavailableError: the database does not answer.
    """
    with reading(system, purpose=f"maintenance: look at {purge.name}") as session:
        statements, value = _looked_at(session, system, purge, cutoff_of(purge, now=datetime.now(UTC)))
        list(session.rows(f"{statements.edges} OFFSET 1", {"cutoff": value, "most": 0}))
    return statements


def _looked_at(
    session: ReadSession, system: System, purge: Purge, cutoff: datetime
) -> tuple[Statements, datetime | date | int]:
    only, hold = held_files(system, purge)
    table = look_up(session, purge)
    value, cutoff_type = comparable(purge, cutoff, column_type=table.age.plain_type, zone=system.zone)
    return Statements(table=table, cutoff_type=cutoff_type, only=only, hold=hold), value


def _require_query(session: ReadSession, file: SqlFile) -> None:
    """Have the server read the file by itself, before it stands in parentheses: whatever else it is, is refused."""
    next(session.rows(file), None)


def count_left(system: System, plan: PurgePlan) -> int:
    """How many old rows are there now.

    Raises:
        SystemUnavailableError: the database does not answer, or took too long.
    """
    with reading(system, purpose=f"maintenance: count {plan.name}") as session:
        return _count(session, plan.statements, plan.value)


def _count(session: ReadSession, statements: Statements, value: datetime | date | int) -> int:
    (counted,) = session.few(statements.count, {"cutoff": value}, at_most=1)
    return int(counted["candidates"])


def _grains(
    session: ReadSession, statements: Statements, value: datetime | date | int, *, most: int
) -> tuple[Grain, ...]:
    grains: list[Grain] = []
    first: tuple[int, tuple[str, ...]] | None = None
    for row in session.rows(statements.edges, {"cutoff": value, "most": most}):
        key = tuple(row[f"key_{number}"] for number in range(len(statements.table.keys)))
        if row["n"] % GRAIN_ROWS == 1:
            first = (row["n"], key)
        if first and (row["n"] % GRAIN_ROWS == 0 or row["last"]):
            grains.append(Grain(row["n"] - first[0] + 1, first[1], key))
    return tuple(grains)


def _swept(session: ReadSession, statements: Statements, value: datetime | date | int) -> Grain | None:
    """The lowest keys of the table, when nearly all of their rows are old."""
    if not statements.table.key_in_order:
        return None
    names = range(len(statements.table.keys))
    ends = [next(session.rows(statements.start, {"skipped": skipped}), None) for skipped in (0, GRAIN_ROWS - 1)]
    low, high = (tuple(row[f"key_{name}"] for name in names) if row else () for row in ends)
    if not low or not high:
        return None
    grain = Grain(GRAIN_ROWS, low, high)
    share = next(session.rows(statements.share, {"cutoff": value, **_edges(grain)}))
    return grain if share["old"] >= share["rows"] * _DENSE else None


def _edges(grain: Grain) -> dict[str, str]:
    edges = {"low": grain.low, "high": grain.high}
    return {f"{edge}_{number}": text for edge, key in edges.items() for number, text in enumerate(key)}


def _row_bytes(session: ReadSession, statements: Statements, grains: tuple[Grain, ...]) -> float:
    for grain in grains[:1]:
        return float(next(session.rows(statements.width, _edges(grain)))["bytes"])
    return 0.0
