"""The drivers' errors as Sereno's, in one sentence that says what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from sereno.errors import IntegrityError, SerenoError, StorageError, SystemUnavailableError

_DAMAGED = ("SQLITE_NOTADB", "SQLITE_CORRUPT")
_BUSY = ("SQLITE_BUSY", "SQLITE_LOCKED")


@contextmanager
def translated(place: str) -> Iterator[None]:
    """Turn database errors of the block into Sereno's.

    Args:
        place: what messages call the ledger; never with a password inside.

    Raises:
        StorageError: the file or its folder cannot be used.
        SystemUnavailableError: the server is away, or another process is writing for too long.
        IntegrityError: the file is damaged.
    """
    try:
        yield
    except DBAPIError as error:
        raise _translate(error, place) from error


def _translate(error: DBAPIError, place: str) -> SerenoError:
    if isinstance(error.orig, sqlite3.Error):
        return _from_sqlite(error.orig, place)
    import psycopg

    from sereno.database.connection import translate

    if isinstance(error.orig, psycopg.Error):
        return translate(error.orig, f"using the ledger {place}")
    return StorageError(f"the ledger {place} cannot be used: {type(error.orig).__name__}")


def _from_sqlite(error: sqlite3.Error, place: str) -> SerenoError:
    name = getattr(error, "sqlite_errorname", None) or ""
    if name.startswith(_BUSY):
        return SystemUnavailableError(
            f"the ledger {place} is busy: another process has not finished writing to it; try again"
        )
    if name.startswith(_DAMAGED):
        return IntegrityError(
            f"the ledger {place} is damaged ({error}); put it back from a copy, or move it away to begin a new one"
        )
    return StorageError(f"the ledger {place} cannot be used: {error}; check the folder's owner, rights and free space")
