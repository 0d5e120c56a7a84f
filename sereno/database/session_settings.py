"""What every session on a system's database sets, and how each one ends."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

import psycopg

from sereno.database.connection import PINNED
from sereno.systems.model import System

IDLE_SECONDS = 900
"""How long a session may hold a transaction while the job does something else, such as writing down the rows."""


def session_settings(system: System, statement_timeout: timedelta | None = None) -> dict[str, str]:
    """The server settings of a session: the pinned ones, the system's time zone and its timeouts."""
    timeout = statement_timeout or timedelta(seconds=system.database.statement_timeout_seconds)
    return {
        **PINNED,
        "TimeZone": system.timezone,
        "standard_conforming_strings": "on",
        "statement_timeout": f"{round(timeout.total_seconds() * 1000)}ms",
        "lock_timeout": f"{system.database.lock_timeout_seconds}s",
        "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    }


def roll_back(connection: psycopg.Connection) -> None:
    """Undo the open transaction; a connection that is gone has taken its transaction with it."""
    with suppress(psycopg.Error):
        connection.rollback()
