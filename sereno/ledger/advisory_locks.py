"""Locks in PostgreSQL, for a ledger that several machines share: the server gives them back when the session ends.

They live in a session of their own, so a pooler in between has to pool sessions, not transactions.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from sereno.database.connection import PINNED, connect, translated
from sereno.ledger.holders import Holder, refusal

logger = logging.getLogger(__name__)

_SESSION = {
    **PINNED,
    "tcp_keepalives_idle": "30",  # a machine that lost its power gives its locks back after a minute
    "tcp_keepalives_interval": "10",
    "tcp_keepalives_count": "3",
}
_NEVER_IDLE_TOO_LONG = "SELECT set_config(name, '0', false) FROM pg_settings WHERE name = 'idle_session_timeout'"
_GATE = "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))"
_EXCLUSIVE = "SELECT pg_try_advisory_lock(hashtextextended(%s, 0))"
_SHARED = "SELECT pg_try_advisory_lock_shared(hashtextextended(%s, 0))"
_NAME_HOLDER = """
INSERT INTO sereno_lock_holders (system, job, backend, holder) VALUES (%s, %s, pg_backend_pid(), %s)
ON CONFLICT (system, job) DO UPDATE SET backend = excluded.backend, holder = excluded.holder
"""
_FORGET_HOLDER = "DELETE FROM sereno_lock_holders WHERE system = %s AND job = %s AND backend = pg_backend_pid()"
_HOLDERS = """
SELECT holders.holder FROM sereno_lock_holders AS holders JOIN pg_locks AS locks
    ON locks.locktype = 'advisory' AND locks.granted AND locks.objsubid = 1 AND locks.pid = holders.backend
    AND locks.database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND (locks.classid::bigint << 32 | locks.objid::bigint) = hashtextextended(%s || holders.job, 0)
WHERE holders.system = %s AND holders.backend <> pg_backend_pid() ORDER BY holders.job
"""


@contextmanager
def held_in_database(url: str, *, system: str, holder: Holder) -> Iterator[None]:
    """Hold the locks that `holder` needs, in the current ledger at `url`, for the time of the block.

    Raises:
        RefusedError: another run holds one of them.
        SystemUnavailableError: the server does not answer.
    """
    purpose = f"{holder.job} of {system}"
    connection = connect(url, purpose=purpose, settings=_SESSION, read_only=False, autocommit=True)
    try:
        with translated("taking the locks in the ledger"):
            _take(connection, system=system, holder=holder)
        try:
            yield
        finally:
            _forget(connection, system=system, holder=holder)
    finally:
        connection.close()


def _take(connection: psycopg.Connection, *, system: str, holder: Holder) -> None:
    connection.execute(_NEVER_IDLE_TOO_LONG)
    whole = _EXCLUSIVE if holder.alone else _SHARED
    with connection.transaction():
        connection.execute(_GATE, [f"sereno gate {system}"])
        if _taken(connection, _EXCLUSIVE, f"sereno job {system} {holder.job}") and _taken(
            connection, whole, f"sereno system {system}"
        ):
            connection.execute(_NAME_HOLDER, [system, holder.job, holder.model_dump_json()])
            return
        rows = connection.execute(_HOLDERS, [f"sereno job {system} ", system]).fetchall()
        raise refusal(system, wanted=holder, holders=[Holder.model_validate_json(row[0]) for row in rows])


def _taken(connection: psycopg.Connection, statement: str, key: str) -> bool:
    row = connection.execute(statement, [key]).fetchone()
    return bool(row and row[0])


def _forget(connection: psycopg.Connection, *, system: str, holder: Holder) -> None:
    try:
        connection.execute(_FORGET_HOLDER, [system, holder.job])
    except psycopg.Error:
        logger.warning(
            "the session that held %s of %s was lost while run %s went on: another run may have begun meanwhile",
            holder.job,
            system,
            holder.run,
        )
