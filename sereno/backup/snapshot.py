"""One consistent moment for several sessions: lock before you look.

A TRUNCATE or a rewriting ALTER that commits between the snapshot and the COPY of a table gives that COPY no rows, and
no error. So every table is locked in ACCESS SHARE mode *before* the snapshot is taken, and listed again in it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import psycopg
from psycopg import IsolationLevel, sql

from sereno.backup.catalog import TableSource, read_tables
from sereno.database.connection import COPY_SETTINGS, UNHURRIED, WITHOUT_TRANSACTION_TIMEOUT, connect, translated
from sereno.errors import ContractError, RefusedError, SystemUnavailableError

_ATTEMPTS = 5
_FLUSH_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class LockedSnapshot:
    """An exported snapshot, and the session that holds it and the locks until the block ends."""

    connection: psycopg.Connection
    name: str
    taken_at: datetime
    clock: float
    """`time.monotonic()` when it was taken."""
    watermark: int
    next_transaction: int
    lsn: str | None
    tables: tuple[TableSource, ...]
    """Those that were chosen; they are locked."""
    others: tuple[TableSource, ...]


@contextmanager
def locked_snapshot(
    url: str,
    *,
    purpose: str,
    lock_timeout_seconds: int,
    choose: Callable[[Sequence[TableSource]], Sequence[TableSource]] = tuple,
) -> Iterator[LockedSnapshot]:
    """Lock tables, take a snapshot that other sessions can share, and make sure that nothing changed in between.

    Args:
        url: the database.
        purpose: what the session is called on the server.
        lock_timeout_seconds: how long a lock is waited for.
        choose: which tables to lock, out of all; default is all.

    Raises:
        ContractError: a table may not be read by this role; the message names all of them.
        RefusedError: row-level security would hide rows from this role.
        SystemUnavailableError: a lock was not to be had, or tables were made and dropped all the time.
    """
    settings = {**COPY_SETTINGS, **UNHURRIED, "lock_timeout": f"{lock_timeout_seconds}s"}
    for _ in range(_ATTEMPTS):
        with connect(url, purpose=purpose, settings=settings) as connection, translated("taking the snapshot"):
            connection.execute(WITHOUT_TRANSACTION_TIMEOUT)
            connection.commit()
            connection.isolation_level = IsolationLevel.REPEATABLE_READ
            before = _list_tables(url, purpose=purpose, settings=settings)
            require_readable(choose(before))
            try:
                _lock(connection, choose(before))
            except psycopg.errors.UndefinedTable:
                continue
            name = _scalar(connection, "SELECT pg_catalog.pg_export_snapshot()")
            tables = read_tables(connection)
            if _identity(before) != _identity(tables):
                continue
            chosen = tuple(choose(tables))
            yield LockedSnapshot(
                connection=connection,
                name=name,
                taken_at=datetime.now(UTC),
                clock=time.monotonic(),
                watermark=_transaction(connection, "xmin"),
                next_transaction=_transaction(connection, "xmax"),
                lsn=_insert_position(connection),
                tables=chosen,
                others=tuple(table for table in tables if table not in chosen),
            )
            return
    raise SystemUnavailableError(
        f"tables were created, dropped or changed during each of {_ATTEMPTS} attempts to take a snapshot; "
        "run it when no migration runs"
    )


def require_readable(tables: Sequence[TableSource]) -> None:
    """Refuse a backup that would miss rows: it never skips a table.

    Raises:
        ContractError: this role may not read a table.
        RefusedError: row-level security hides rows of a table from this role.
    """
    unreadable = [table.label for table in tables if not table.readable]
    if unreadable:
        raise ContractError(
            f"this role may not read {_listed(unreadable)}; grant it SELECT there, a backup never skips a table"
        )
    hidden = [table.label for table in tables if table.hides_rows]
    if hidden:
        raise RefusedError(
            f"row-level security would hide rows of {_listed(hidden)} from this role, and the backup would "
            "look whole without them; give the role BYPASSRLS"
        )


def wait_until_flushed(snapshot: LockedSnapshot, url: str) -> bool:
    """Wait until the WAL is on disk up to the snapshot, at most 10 s from when it was taken; whether it is.

    A server crash may take the transaction counter back to what was flushed, behind the snapshot's watermark; an
    increment that builds on such a watermark would miss rows. The last WAL of a quiet server can stay in memory for
    minutes, so a transaction of our own that takes a number, and changes nothing, makes the server write it out.
    """
    if snapshot.lsn is None:
        return False
    with translated("waiting for the WAL"):
        if _is_flushed(snapshot, snapshot.lsn):
            return True
        _take_a_transaction_number(url)
        while not (done := _is_flushed(snapshot, snapshot.lsn)):
            if time.monotonic() > snapshot.clock + _FLUSH_PATIENCE_SECONDS:
                break
            time.sleep(0.1)
    return done


def _is_flushed(snapshot: LockedSnapshot, lsn: str) -> bool:
    query = "SELECT (pg_catalog.pg_current_wal_flush_lsn() >= %s::pg_lsn)::text"
    return _scalar(snapshot.connection, query, lsn) == "true"


def _take_a_transaction_number(url: str) -> None:
    with connect(url, purpose="backup") as connection:
        connection.execute("SELECT pg_catalog.pg_current_xact_id()")


def _list_tables(url: str, *, purpose: str, settings: Mapping[str, str]) -> tuple[TableSource, ...]:
    with connect(url, purpose=purpose, settings=settings) as connection:
        return read_tables(connection)


def _lock(connection: psycopg.Connection, tables: Sequence[TableSource]) -> None:
    if tables:
        names = sql.SQL(", ").join(
            sql.SQL("ONLY {}").format(sql.Identifier(table.schema_name, table.name)) for table in tables
        )
        connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS SHARE MODE").format(names))


def _identity(tables: Sequence[TableSource]) -> list[tuple[int, str, str]]:
    return [(table.oid, table.label, table.fingerprint) for table in tables]


def _insert_position(connection: psycopg.Connection) -> str | None:
    if _scalar(connection, "SELECT pg_catalog.pg_is_in_recovery()::text") == "true":
        return None
    return _scalar(connection, "SELECT pg_catalog.pg_current_wal_insert_lsn()::text")


def _transaction(connection: psycopg.Connection, bound: Literal["xmin", "xmax"]) -> int:
    return int(_scalar(connection, f"SELECT pg_catalog.pg_snapshot_{bound}(pg_catalog.pg_current_snapshot())::text"))


def _scalar(connection: psycopg.Connection, query: str, *parameters: object) -> str:
    row = connection.execute(query.encode(), parameters or None).fetchone()
    return str(row[0]) if row else ""


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:10]) + (f" and {len(names) - 10} more" if len(names) > 10 else "")
