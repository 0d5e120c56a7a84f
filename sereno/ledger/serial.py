"""One after another: what writers of the same thing wait for."""

from __future__ import annotations

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

_WAIT = text("SELECT pg_advisory_xact_lock(hashtextextended(:name, 0))")


def wait_for_turn(transaction: Session | Connection, *, name: str) -> None:
    """Let one transaction at a time go on past this point with the same `name`, until it ends.

    To be called before what it guards is read. SQLite needs nothing here: its writers wait where they begin.
    """
    bind = transaction.get_bind() if isinstance(transaction, Session) else transaction
    if bind.dialect.name == "postgresql":
        transaction.execute(_WAIT, {"name": name})
