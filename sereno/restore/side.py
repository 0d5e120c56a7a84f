"""A new database beside the original, that is filled and proven before it takes the original's name.

Nothing is deleted: the original gets another name. Both are renamed in one transaction, so that whatever dies in the
middle leaves a database under the original's name. A side database that a dead run left is known by its name and its
comment, and dropped by the next.
"""

from __future__ import annotations

import secrets
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
from psycopg import sql

from sereno.database.connection import connect, translated
from sereno.errors import SerenoError
from sereno.installation import installation_id
from sereno.restore.admin import admin_session, admin_url
from sereno.restore.likeness import likeness_of
from sereno.restore.original import look
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore"
_SIDE, _RANDOM = "_sereno_", 8
_LONGEST_NAME = 63  # bytes of a name in PostgreSQL
_PATIENCE_SECONDS = 0.1
_LEFT = """
SELECT d.datname, pg_catalog.shobj_description(d.oid, 'pg_database'),
       EXISTS (SELECT 1 FROM pg_catalog.pg_stat_activity a WHERE a.datid = d.oid AND a.backend_type = 'client backend')
FROM pg_catalog.pg_database d WHERE pg_catalog.starts_with(d.datname, %s)
"""
_OID = "SELECT oid::bigint FROM pg_catalog.pg_database WHERE datname = %s"
_END_SESSIONS = """
SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity
WHERE datid = ANY(%s::oid[]) AND pid <> pg_catalog.pg_backend_pid() AND backend_type <> 'autovacuum worker'
"""


@dataclass(frozen=True)
class SideDatabase:
    """The new database; `name` and `oid` are its own, `original` is the name that it will take."""

    name: str
    oid: int
    url: Secret
    original: str
    original_oid: int


@dataclass(frozen=True)
class Kept:
    """The old original under its new name, and the SQL to go back to it and to drop it."""

    name: str
    to_go_back: str
    to_drop: str


def create_side(system: System) -> SideDatabase:
    """Make an empty database like the original, beside it; what dead runs left is dropped first.

    To be called while the system is held alone.
    """
    original = look(system)
    name = _beside(original.name, _SIDE + secrets.token_hex(_RANDOM // 2))
    with admin_session(system) as connection, translated("making the new database"):
        _drop_left(connection, system, original.name)
        connection.execute(likeness_of(connection, original.name).creation(name))
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        connection.execute(comment.format(sql.Identifier(name), sql.Literal(_mark(system))))
        made = connection.execute(_OID, (name,)).fetchone()
    return SideDatabase(
        name=name,
        oid=made[0] if made else 0,
        url=admin_url(system, database=name),
        original=original.name,
        original_oid=original.oid,
    )


def drop_side(system: System, side: SideDatabase) -> None:
    """Drop the new database, unless it has taken the original's name."""
    with admin_session(system) as connection, translated("dropping the new database"):
        connection.execute(_drop(side.name))


def put_in_place(system: System, side: SideDatabase, *, now: datetime | None = None) -> Kept:
    """Let the new database take the original's name, and the original another one, with nobody connected to either.

    Raises:
        SerenoError: it could not be done, and everything is as it was.
    """
    name = _beside(side.original, f"_before_{now or datetime.now(UTC):%Y%m%dt%H%M%Sz}")
    with admin_session(system) as connection, translated("putting the new database in place"):
        likeness = likeness_of(connection, side.original)
        if likeness.properties["oid"] != str(side.original_oid):
            raise SerenoError(f"{side.original} is another database than when the restore began; nothing was renamed")
        with _sessions_ended(system, [side.original_oid, side.oid]), connection.transaction():
            for statement in likeness.dressing(side.name):
                connection.execute(statement)
            for old, new in ((side.original, name), (side.name, side.original)):
                connection.execute(_rename(old, new))
    undone = _beside(side.original, f"_undone_{side.name[-8:]}")
    back = (_rename(side.original, undone), _rename(name, side.original))
    return Kept(
        name=name,
        to_go_back="BEGIN; " + " ".join(f"{statement.as_string()};" for statement in back) + " COMMIT;",
        to_drop=f"{_drop(name).as_string()};",
    )


@contextmanager
def _sessions_ended(system: System, oids: Sequence[int]) -> Iterator[None]:
    """Keep ending the sessions in some databases while the block runs.

    Renaming first locks a database against new sessions, and then waits up to 5 s for those inside to go. Ended only
    before, the connections of a busy pool would be back in time.
    """
    done = threading.Event()
    url = admin_url(system).resolve()

    def work() -> None:
        with (
            suppress(psycopg.Error, SerenoError),  # the renaming says that somebody was still connected
            connect(url, purpose=_PURPOSE, read_only=False, autocommit=True) as connection,
        ):
            while not done.is_set():
                connection.execute(_END_SESSIONS, (list(oids),))
                done.wait(_PATIENCE_SECONDS)

    thread = threading.Thread(target=work, name="end sessions")
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _drop_left(connection: psycopg.Connection, system: System, original: str) -> None:
    """Drop what dead runs left; of another installation only what nobody is connected to."""
    prefix = _beside(original, _SIDE + "0" * _RANDOM).removesuffix("0" * _RANDOM)
    for name, comment, in_use in connection.execute(_LEFT, (prefix,)).fetchall():
        if comment == _mark(system) or (str(comment).startswith(_mark(system, installation="")) and not in_use):
            connection.execute(_drop(name))


def _mark(system: System, *, installation: str | None = None) -> str:
    by = installation_id(load_settings()) if installation is None else installation
    return f"Half a restore of {system.name}, to be dropped when none runs; made by the Sereno {by}"


def _beside(name: str, suffix: str) -> str:
    """A name that begins like `name` and ends with `suffix`, as long as names may be."""
    kept = name.encode()[: _LONGEST_NAME - len(suffix.encode())]
    return kept.decode(errors="ignore") + suffix


def _rename(old: str, new: str) -> sql.Composed:
    return sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new))


def _drop(name: str) -> sql.Composed:
    return sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
