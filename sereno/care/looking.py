"""Looking at one part of a database at a time, so that what cannot be seen hides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sereno.care import indexes, sequences, server, sessions, settings, statements, tables
from sereno.care.indexes import Index, UnindexedKey
from sereno.care.sequences import Sequence
from sereno.care.server import Server
from sereno.care.sessions import Sessions
from sereno.care.settings import Setting
from sereno.care.statements import Statements
from sereno.care.tables import Table
from sereno.database.read_session import ReadSession
from sereno.database.sessions import reading
from sereno.errors import SerenoError
from sereno.systems.model import System

T = TypeVar("T")

PURPOSE = "database care"


@dataclass(frozen=True)
class Unseen:
    """A part that could not be looked at, and why."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A database, as far as it could be looked at."""

    server: Server
    sessions: Sessions | Unseen
    tables: tuple[Table, ...] | Unseen
    indexes: tuple[Index, ...] | Unseen
    unindexed: tuple[UnindexedKey, ...] | Unseen
    sequences: tuple[Sequence, ...] | Unseen
    statements: Statements | Unseen
    settings: tuple[Setting, ...] | Unseen


def look_at_server(system: System) -> Server:
    """The server and the database as a whole.

    Raises:
        SerenoError: the database cannot be reached.
    """
    with reading(system, purpose=PURPOSE) as session:
        return server.look(session)


def look_at_sessions(system: System) -> Sessions | Unseen:
    """Who is connected, and who waits for whom."""
    return _looked(system, sessions.look)


def look_at_tables(system: System) -> tuple[Table, ...] | Unseen:
    """The tables: sizes, dead rows, empty space."""
    return _looked(system, tables.look)


def look_at_indexes(system: System) -> tuple[Index, ...] | Unseen:
    """The indexes: which are used, valid, double, swollen."""
    return _looked(system, indexes.look)


def look_at_foreign_keys(system: System) -> tuple[UnindexedKey, ...] | Unseen:
    """The foreign keys without an index."""
    return _looked(system, indexes.unindexed_keys)


def look_at_sequences(system: System) -> tuple[Sequence, ...] | Unseen:
    """The sequences, and how far they have come."""
    return _looked(system, sequences.look)


def look_at_statements(system: System) -> Statements | Unseen:
    """What `pg_stat_statements` has counted so far."""
    return _looked(system, statements.look)


def look_at_settings(system: System) -> tuple[Setting, ...] | Unseen:
    """The server's settings."""
    return _looked(system, settings.look)


def _looked(system: System, look: Callable[[ReadSession], T]) -> T | Unseen:
    try:
        with reading(system, purpose=PURPOSE) as session:
            return look(session)
    except SerenoError as error:
        return Unseen(str(error))
