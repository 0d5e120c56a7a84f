"""The history of operations, as the API writes it."""

from __future__ import annotations

from typing import Any

from infra.demo.api.access import Caller
from infra.demo.api.database import Session


async def note(
    database: Session, caller: Caller, action: str, *, live: bool, model: str, payload: dict[str, Any]
) -> None:
    """Write one event, in the transaction of what it tells about.

    Args:
        database: the session that did it.
        caller: who asked for it.
        action: such as `PURGE_API_LOGS`.
        live: whether anything was changed; false for a preview.
        model: the table that it is about.
        payload: figures, no personal data.
    """
    await database.row(
        "INSERT INTO audit_events (at, action, actor, effect, model, payload) VALUES (now(), $1, $2, $3, $4, $5)",
        action,
        caller.email,
        "live" if live else "dry-run",
        model,
        payload,
    )
