"""A session for live work: one INSERT, UPDATE, DELETE, MERGE or SELECT at a time, in short explicit transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.pq import TransactionStatus
from psycopg.rows import dict_row

from sereno.database.connection import translated
from sereno.database.read_session import Parameters, Row
from sereno.database.sql_errors import naming
from sereno.errors import RefusedError
from sereno.systems.contracts.contract import VERBS, SqlKind
from sereno.systems.sql_file import SqlFile


class ChangeSession:
    """A session for live work. Made by `changing`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Use `connection`, which commits each statement unless a transaction was begun."""
        self._connection = connection

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit what the block did, or nothing of it. Keep it short: others may be waiting for its rows.

        Raises:
            SystemUnavailableError: the connection was lost; after the last statement this leaves open whether the
                server still committed, which only a look at the system can tell.
        """
        with translated("committing a change"), self._connection.transaction():
            yield

    def execute(self, sql: SqlFile, parameters: Parameters | None = None) -> int:
        """Run one statement and say how many rows it changed (or a SELECT gave).

        Raises:
            RefusedError: no transaction is open, or the file is no INSERT, UPDATE, DELETE, MERGE or SELECT, or holds
                more than one statement.
            ContractError: the server would not take it.
            SystemUnavailableError: it took too long, a lock was held, or the connection was lost.
        """
        self._refuse(sql)
        text, _ = sql.for_psycopg()
        with naming(sql):
            return max(0, self._connection.execute(text, parameters or {}, prepare=True).rowcount)

    def returned(self, sql: SqlFile, parameters: Parameters | None = None) -> list[Row]:
        """As `execute`; the rows that the statement returned, each a dict by column name, all in memory."""
        self._refuse(sql)
        text, _ = sql.for_psycopg()
        with naming(sql), self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(text, parameters or {}, prepare=True).fetchall()

    def _refuse(self, sql: SqlFile) -> None:
        if self._connection.info.transaction_status is TransactionStatus.IDLE:
            raise RefusedError(f"{sql.where} was not run: no transaction is open")
        _refuse_other_than_one_change(sql)


def _refuse_other_than_one_change(sql: SqlFile) -> None:
    if sql.verb not in VERBS[SqlKind.STATEMENT]:
        raise RefusedError(f"{sql.where} was not run: live work is one INSERT, UPDATE, DELETE, MERGE or SELECT")
    if sql.second_statement_line is not None:
        raise RefusedError(f"{sql.where}:{sql.second_statement_line}: was not run: it holds a second statement")
