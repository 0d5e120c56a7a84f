"""Support: send a failed notification again, let a locked-out user in."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, Field

from infra.demo.api.access import Admin, Operator
from infra.demo.api.audit import note
from infra.demo.api.database import Database

router = APIRouter(prefix="/api/ops/support", tags=["ops"])

_RESEND = """
UPDATE notification_logs
SET status = 'sent', sent_at = now(), retry_count = retry_count + 1,
    metadata = metadata || jsonb_build_object('ops_resends', coalesce((metadata ->> 'ops_resends')::int, 0) + 1)
WHERE id = $1 AND status IN ('failed', 'pending') RETURNING id, channel, status, retry_count
"""
_CLEAR = """
UPDATE account_lockouts SET resolved_at = now(), resolved_by = $2 WHERE id = $1 AND resolved_at IS NULL RETURNING id
"""


class ResendCall(BaseModel):
    """Which notification."""

    notification_log_id: int = Field(ge=1, le=2**63 - 1)


class ClearCall(BaseModel):
    """Which lockout, and why it goes."""

    lockout_id: int = Field(ge=1, le=2**63 - 1)
    note: str = Field(default="", max_length=500)


@router.post("/resend-notification")
async def resend(call: ResendCall, caller: Operator, database: Database) -> Any:
    """Send a notification again; 409 when it is neither failed nor pending, 404 when there is none."""
    sent = await database.row(_RESEND, call.notification_log_id)
    if sent is None:
        there = await database.value("SELECT 1 FROM notification_logs WHERE id = $1", call.notification_log_id)
        raise HTTPException(409 if there else 404, "only a failed or pending notification is sent again")
    await note(database, caller, "RESEND_NOTIFICATION", live=True, model="notification_logs", payload=sent)
    return sent


@router.post("/clear-lockout")
async def clear_lockout(call: ClearCall, caller: Admin, database: Database) -> Any:
    """Lift a lockout; a second time changes nothing and is no error."""
    cleared = await database.row(_CLEAR, call.lockout_id, caller.id)
    if cleared:
        await note(database, caller, "CLEAR_LOCKOUT", live=True, model="account_lockouts", payload=cleared)
    elif not await database.value("SELECT 1 FROM account_lockouts WHERE id = $1", call.lockout_id):
        raise HTTPException(404, "there is no such lockout")
    return {"lockout_id": call.lockout_id, "changed": bool(cleared)}
