"""A session that changes nothing, whatever the SQL of a folder says.

It does not trust the SQL of a folder. What holds: a read-only connection whose transaction has taken its
snapshot (so that it cannot be made read-write any more), the statement through a named cursor (extended protocol, one
statement, and `DECLARE ... FOR` takes nothing but a plain SELECT), then ROLLBACK and close, whatever happened. Where
few rows come, the cursor proves the text and the text is run without it (decision 0017).

What it cannot refuse is a function called in a plain SELECT that reaches past the transaction. ROLLBACK takes back
large objects and NOTIFY; closing gives back advisory locks; `statement_timeout` ends `pg_sleep`. Not taken back are
`pg_terminate_backend` and `pg_cancel_backend` on sessions of the same role, and `pg_stat_reset` and other functions
that are granted to few: against them stands only the role behind `database.read_url`.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row, tuple_row

from sereno.database.session_settings import roll_back
from sereno.database.sql_errors import naming
from sereno.errors import ContractError
from sereno.systems.sql_file import SqlFile

Row: TypeAlias = dict[str, Any]
Parameters: TypeAlias = Mapping[str, Any]

FETCHED_AT_ONCE = 1_000  # rows


@dataclass(frozen=True, slots=True)
class Batch:
    """Some rows of a query as plain tuples, for queries of so many rows that a dict for each would cost too much."""

    columns: tuple[str, ...]
    types: tuple[int, ...]
    """The columns' types, as PostgreSQL numbers them."""
    rows: Sequence[tuple[Any, ...]]


class ReadSession:
    """A session that leaves the system as it was. Made by `reading`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Use `connection`, which is read-only and has not begun anything."""
        self._connection = connection
        self._names = (f"sereno_{number}" for number in itertools.count(1))

    def rows(self, sql: SqlFile | str, parameters: Parameters | None = None) -> Iterator[Row]:
        """The rows of a query, fetched as they are asked for.

        Args:
            sql: a file of a system's folder, or Sereno's own text; parameters are written `:name` in both.
            parameters: the values of the parameters.

        Yields:
            One dict per row, by column name.

        Raises:
            ContractError: it is no plain SELECT, would change something, or a right is missing.
            RefusedError: a policy would hide rows.
            SystemUnavailableError: it took too long, or the connection was lost.
        """
        file = sql if isinstance(sql, SqlFile) else SqlFile(Path("a query of Sereno's own"), sql)
        text, _ = file.for_psycopg()
        try:
            with naming(file):
                self._begin()
                with self._connection.cursor(next(self._names), row_factory=dict_row) as cursor:
                    cursor.itersize = FETCHED_AT_ONCE
                    cursor.execute(text, parameters or {})
                    yield from cursor
        except Exception:
            roll_back(self._connection)
            raise

    def few(self, sql: SqlFile | str, parameters: Parameters | None = None, *, at_most: int) -> list[Row]:
        """All rows of a query that gives few, which the server may work out on several cores at once.

        The query of a cursor is never parallel. Here the cursor only proves that the text is one plain SELECT: it is
        declared, which plans and runs nothing, and closed; then the very same text is run by the extended protocol,
        which takes one statement and no more, in the same read-only transaction.

        Args:
            sql: as in `rows`.
            parameters: as in `rows`.
            at_most: how many rows may come.

        Raises:
            ContractError: there are more, or as `rows`.
            SerenoError: as `rows`.
        """
        file = sql if isinstance(sql, SqlFile) else SqlFile(Path("a query of Sereno's own"), sql)
        text, _ = file.first(at_most + 1).for_psycopg()
        try:
            with naming(file):
                self._begin()
                with self._connection.cursor(next(self._names)) as declared:
                    declared.execute(text, parameters or {})
                with self._connection.cursor(row_factory=dict_row) as cursor:
                    rows = cursor.execute(text, parameters or {}, prepare=True).fetchall()
        except Exception:
            roll_back(self._connection)
            raise
        if len(rows) > at_most:
            raise ContractError(f"{file.where} gives more than {at_most:,} rows; count in SQL")
        return rows

    def batches(
        self, sql: SqlFile, parameters: Parameters | None = None, *, size: int = FETCHED_AT_ONCE
    ) -> Iterator[Batch]:
        """As `rows`, some at a time and as tuples; an empty batch when there are none, so that columns are known.

        Args:
            sql: a file of a system's folder.
            parameters: the values of the parameters.
            size: how many rows a batch has at most.

        Raises:
            SerenoError: as `rows`.
        """
        text, _ = sql.for_psycopg()
        try:
            with naming(sql):
                self._begin()
                with self._connection.cursor(next(self._names), row_factory=tuple_row) as cursor:
                    cursor.execute(text, parameters or {})
                    described = cursor.description or ()
                    columns = tuple(column.name for column in described)
                    types = tuple(column.type_code for column in described)
                    rows = cursor.fetchmany(size)
                    yield Batch(columns, types, rows)
                    while len(rows) == size:
                        rows = cursor.fetchmany(size)
                        yield Batch(columns, types, rows)
        except Exception:
            roll_back(self._connection)
            raise

    def _begin(self) -> None:
        if self._connection.info.transaction_status is TransactionStatus.IDLE:
            self._connection.execute("SELECT 1")
