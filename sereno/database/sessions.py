"""Sessions by effect: `reading` changes nothing, `changing` is live work in short transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sereno.database.change_session import ChangeSession
from sereno.database.connection import connect
from sereno.database.read_session import Parameters, ReadSession, Row
from sereno.database.session_settings import roll_back, session_settings
from sereno.systems.model import System

__all__ = ["ChangeSession", "Parameters", "ReadSession", "Row", "changing", "reading"]


@contextmanager
def reading(system: System, *, purpose: str, statement_timeout: timedelta | None = None) -> Iterator[ReadSession]:
    """A session on `database.read_url` (else `database.url`) that changes nothing.

    Args:
        system: whose database.
        purpose: shown in `pg_stat_activity`.
        statement_timeout: instead of the system's own.

    Raises:
        MissingSecretError: the URL's secret is not there.
        ConfigurationError: the URL, the password or the database's name is wrong.
        SystemUnavailableError: the server does not answer.
    """
    settings = session_settings(system, statement_timeout)
    connection = connect(system.database.reading_url.resolve(), purpose=purpose, settings=settings)
    try:
        yield ReadSession(connection)
    finally:
        roll_back(connection)
        connection.close()


@contextmanager
def changing(system: System, *, purpose: str) -> Iterator[ChangeSession]:
    """A session on `database.url` for live work; what is not in a `transaction()` is refused.

    Args:
        system: whose database.
        purpose: shown in `pg_stat_activity`.

    Raises:
        MissingSecretError: the URL's secret is not there.
        ConfigurationError: the URL, the password or the database's name is wrong.
        SystemUnavailableError: the server does not answer.
    """
    settings = session_settings(system)
    url = system.database.url.resolve()
    connection = connect(url, purpose=purpose, settings=settings, read_only=False, autocommit=True)
    try:
        yield ChangeSession(connection)
    finally:
        roll_back(connection)
        connection.close()
