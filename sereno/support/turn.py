"""One transaction at a time: whoever asks what became of a transaction waits for it, wherever it is under way."""

from __future__ import annotations

from pathlib import Path

from sereno.database.change_session import ChangeSession
from sereno.systems.sql_file import SqlFile

_TAKE = SqlFile(
    Path("a statement of Sereno's own"), "SELECT pg_catalog.pg_advisory_xact_lock(hashtextextended(:name, 0))"
)


def take_turn(session: ChangeSession, *, system: str, job: str) -> None:
    """Wait until no other transaction of `job` is under way, and be the only one until this one ends.

    Raises:
        SystemUnavailableError: it took longer than the system's lock timeout.
    """
    session.execute(_TAKE, {"name": f"sereno {job} of {system}"})
