"""The one way past `changing`: the three maintenance commands, built from quoted names, never from a folder's SQL.

`VACUUM` and `REINDEX CONCURRENTLY` cannot run in a transaction, and a changing session takes neither; so they have a
session of their own that can do nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import psycopg
from psycopg import sql

from sereno.database.connection import connect, translated
from sereno.database.session_settings import session_settings
from sereno.errors import ContractError
from sereno.systems.model import System

_END_WITHIN_MILLISECONDS = 5_000
_END = """
    SELECT pg_catalog.pg_terminate_backend(a.pid, %(patience)s) FROM pg_catalog.pg_stat_activity a
    WHERE a.pid = %(pid)s AND a.backend_start = %(started_at)s AND a.backend_type = 'client backend'
      AND a.datname = current_database() AND a.pid <> pg_catalog.pg_backend_pid()
"""
_HIDDEN = """
    SELECT a.usename FROM pg_catalog.pg_stat_activity a WHERE a.pid = %(pid)s AND a.backend_start IS NULL
"""


class MaintenanceSession:
    """A session that vacuums, rebuilds indexes and ends sessions. Made by `maintaining`."""

    def __init__(self, connection: psycopg.Connection) -> None:
        """Use `connection`, which commits each statement."""
        self._connection = connection
        self._warnings: list[str] = []
        connection.add_notice_handler(self._noticed)

    def vacuum(self, schema: str, name: str) -> None:
        """`VACUUM (ANALYZE)` of one table.

        Raises:
            ContractError: the role may not, which the server says in a warning only.
            SystemUnavailableError: it took too long, or a lock was held.
        """
        self._run(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(schema, name)), f"vacuuming {schema}.{name}")

    def reindex(self, schema: str, name: str) -> None:
        """`REINDEX INDEX CONCURRENTLY`: readers and writers go on meanwhile.

        Raises:
            ContractError: the role may not, or the rows do not keep the rule that the index stands for.
            SystemUnavailableError: it took too long; an invalid index is left then.
        """
        command = sql.SQL("REINDEX INDEX CONCURRENTLY {}").format(sql.Identifier(schema, name))
        self._run(command, f"rebuilding {schema}.{name}")

    def end_session(self, pid: int, started_at: datetime) -> bool:
        """End the client's session `pid` of this database that began at `started_at`; whether it was there and went.

        Raises:
            ContractError: the role may not.
        """
        values = {"pid": pid, "started_at": started_at, "patience": _END_WITHIN_MILLISECONDS}
        with translated(f"ending session {pid}"):
            if hidden := self._connection.execute(_HIDDEN, {"pid": pid}).fetchone():
                raise ContractError(
                    f"the role of database.url may not see sessions of {hidden[0]}, so it ends none; make it a member "
                    "of that role, or of pg_read_all_stats and pg_signal_backend"
                )
            return self._connection.execute(_END, values, prepare=True).fetchone() == (True,)

    def _run(self, command: sql.Composed, doing: str) -> None:
        self._warnings.clear()
        with translated(doing):
            self._connection.execute(command)
        if self._warnings:
            raise ContractError(f"while {doing}: {'; '.join(self._warnings)}")

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        if notice.severity_nonlocalized == "WARNING":
            self._warnings.append(notice.message_primary or "a warning")


@contextmanager
def maintaining(system: System, *, purpose: str, at_most: timedelta) -> Iterator[MaintenanceSession]:
    """A session on `database.url` for maintenance commands.

    Args:
        system: whose database.
        purpose: shown in `pg_stat_activity`.
        at_most: how long one command may take. It waits so long for other transactions too, because one that gave up
            earlier would leave an invalid index; it holds up nobody while it waits.

    Raises:
        MissingSecretError: the URL's secret is not there.
        ConfigurationError: the URL, the password or the database's name is wrong.
        SystemUnavailableError: the server does not answer.
    """
    settings = {**session_settings(system, at_most), "lock_timeout": "0"}
    url = system.database.url.resolve()
    connection = connect(url, purpose=purpose, settings=settings, read_only=False, autocommit=True)
    try:
        yield MaintenanceSession(connection)
    finally:
        connection.close()
