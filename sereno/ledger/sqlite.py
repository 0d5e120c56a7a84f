"""The ledger as a file: SQLite in SERENO_HOME."""

from __future__ import annotations

import fcntl
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event

from sereno.errors import StorageError

FILE_NAME = "ledger.db"
WRITES = "sereno_writes"
"""The execution option of a transaction that writes: it waits at its start instead of failing half way."""

_PRAGMAS = ("busy_timeout=60000", "journal_mode=WAL", "synchronous=FULL")


def sqlite_engine(path: Path) -> Engine:
    """An engine on the file `path`; nothing is opened yet."""
    engine = create_engine(URL.create("sqlite", database=str(path)))
    event.listen(engine, "connect", _configure)
    event.listen(engine, "begin", _begin)
    return engine


@contextmanager
def made(path: Path) -> Iterator[None]:
    """Make the file `path` and its folder where they are missing, for our eyes only, and hold off others meanwhile.

    Two processes that switch a new file to write-ahead logging at once fail now and then, in spite of the timeout.

    Raises:
        StorageError: the folder cannot be used.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        lock = path.with_suffix(".lock").open("a")
    except OSError as error:
        raise _unusable(path, error) from None
    with lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            path.touch(mode=0o600)
        except OSError as error:
            raise _unusable(path, error) from None
        yield


def is_new(path: Path) -> bool:
    """Whether nothing was ever written to `path`.

    Raises:
        StorageError: it cannot be looked at.
    """
    try:
        return path.stat().st_size == 0
    except FileNotFoundError:
        return True
    except OSError as error:
        raise _unusable(path, error) from None


def _unusable(path: Path, error: OSError) -> StorageError:
    return StorageError(
        f"the ledger {path} cannot be used: {error.strerror}; check the folder's owner and rights, or set SERENO_HOME"
    )


def _configure(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # else the driver begins transactions on its own, too late and without IMMEDIATE
    connection.text_factory = _decoded
    for pragma in _PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")


def _decoded(raw: bytes) -> str:
    """Text as it lies in the file: a damaged byte is to be found by the verification, not to break it."""
    return raw.decode("utf-8", "surrogateescape")


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
