"""Sereno's own statements of live work, and the session they run in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sereno.database.sessions import ChangeSession, changing
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile

_TURN = "SELECT pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(:name, 0))"


def own(text: str) -> SqlFile:
    """A statement of Sereno's own, as a session takes it."""
    return SqlFile(Path("a statement of Sereno's own"), text)


@contextmanager
def brief_changes(system: System, *, purpose: str) -> Iterator[ChangeSession]:
    """A session for short transactions: with the timeouts of the section `maintenance`. Raises as `changing`."""
    limits = system.maintenance
    timeouts = {
        "lock_timeout_seconds": limits.lock_timeout_seconds,
        "statement_timeout_seconds": limits.statement_timeout_seconds,
    }
    hurried = system.model_copy(update={"database": system.database.model_copy(update=timeouts)})
    with changing(hurried, purpose=purpose) as session:
        yield session


@contextmanager
def in_turn(session: ChangeSession, *, name: str) -> Iterator[None]:
    """A transaction that begins when no other of the same `name` is under way, not even one whose client died.

    Raises:
        SystemUnavailableError: another one is under way for longer than the lock timeout, or the connection was lost.
    """
    with session.transaction():
        session.execute(own(_TURN), {"name": f"sereno maintenance {name}"})
        yield
