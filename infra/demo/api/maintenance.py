"""Maintenance: deactivate idle API clients, purge access logs, or both. A dry run unless told otherwise."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from infra.demo.api.access import Admin
from infra.demo.api.audit import note
from infra.demo.api.database import Database, Session

router = APIRouter(prefix="/api/integrations", tags=["maintenance"])

_IDLE = """
FROM api_clients c
WHERE c.is_active AND c.created_at < $1
  AND NOT EXISTS (SELECT FROM api_access_logs l WHERE l.client_id = c.id AND l.created_at >= $1)
"""
_DEACTIVATE = f"""
UPDATE api_clients SET is_active = false, updated_at = now()
WHERE id IN (SELECT c.id {_IDLE} ORDER BY c.id LIMIT $2) RETURNING id
"""  # noqa: S608
_PURGE = """
WITH gone AS (
    DELETE FROM api_access_logs
    WHERE id IN (SELECT id FROM api_access_logs WHERE created_at < $1 ORDER BY id LIMIT $2) RETURNING id
)
SELECT count(*) FROM gone
"""


class _Call(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dry_run: bool = True


class IdleCall(_Call):
    """Which clients count as idle, and how many to deactivate at most."""

    idle_days: int = Field(default=30, ge=1, le=365)
    limit: int = Field(default=100, ge=1, le=500)


class PurgeCall(_Call):
    """Which logs are old, and how many to delete at most."""

    retain_days: int = Field(default=90, ge=1, le=3650)
    max_delete: int = Field(default=5000, ge=1, le=50_000)


class MaintenanceCall(_Call):
    """Both at once."""

    idle_days: int = Field(default=30, ge=1, le=365)
    idle_limit: int = Field(default=100, ge=1, le=500)
    retain_days: int = Field(default=90, ge=1, le=3650)
    max_delete: int = Field(default=5000, ge=1, le=50_000)


@router.post("/clients/deactivate-idle")
async def deactivate_idle(call: IdleCall, caller: Admin, database: Database) -> dict[str, Any]:
    """Deactivate active clients without a call in `idle_days`, lowest id first."""
    summary = await _deactivate_idle(database, call)
    action = "PREVIEW_DEACTIVATE_IDLE_API_CLIENTS" if call.dry_run else "DEACTIVATE_IDLE_API_CLIENTS"
    await note(database, caller, action, live=not call.dry_run, model="api_clients", payload=summary)
    return {"action": action, "summary": summary}


@router.post("/logs/purge")
async def purge_logs(call: PurgeCall, caller: Admin, database: Database) -> dict[str, Any]:
    """Delete access logs older than `retain_days`, lowest id first."""
    summary = await _purge(database, call)
    action = "PREVIEW_PURGE_API_LOGS" if call.dry_run else "PURGE_API_LOGS"
    await note(database, caller, action, live=not call.dry_run, model="api_access_logs", payload=summary)
    return {"action": action, "summary": summary}


@router.post("/maintenance/run")
async def run_maintenance(call: MaintenanceCall, caller: Admin, database: Database) -> dict[str, Any]:
    """First deactivate idle clients, then purge: purging first could make clients look idle."""
    idle = await _deactivate_idle(
        database, IdleCall(idle_days=call.idle_days, limit=call.idle_limit, dry_run=call.dry_run)
    )
    purged = await _purge(
        database, PurgeCall(retain_days=call.retain_days, max_delete=call.max_delete, dry_run=call.dry_run)
    )
    result = {"dry_run": call.dry_run, "deactivate_idle_clients": idle, "purge_api_logs": purged}
    action = "PREVIEW_API_MAINTENANCE" if call.dry_run else "RUN_API_MAINTENANCE"
    await note(database, caller, action, live=not call.dry_run, model="api_clients", payload=result)
    return {"action": action, **result}


async def _deactivate_idle(database: Session, call: IdleCall) -> dict[str, Any]:
    cutoff = datetime.now(UTC) - timedelta(days=call.idle_days)
    candidates = await database.value(f"SELECT count(*) {_IDLE}", cutoff)
    done = [] if call.dry_run else await database.rows(_DEACTIVATE, cutoff, call.limit)
    return {
        "dry_run": call.dry_run,
        "cutoff": cutoff.isoformat(),
        "candidates": candidates,
        "deactivated": len(done),
        "would_deactivate": min(candidates, call.limit) if call.dry_run else 0,
        "remaining_candidates": candidates - len(done),
    }


async def _purge(database: Session, call: PurgeCall) -> dict[str, Any]:
    cutoff = datetime.now(UTC) - timedelta(days=call.retain_days)
    candidates = await database.value("SELECT count(*) FROM api_access_logs WHERE created_at < $1", cutoff)
    deleted = 0 if call.dry_run else await database.value(_PURGE, cutoff, call.max_delete)
    return {
        "dry_run": call.dry_run,
        "cutoff": cutoff.isoformat(),
        "candidates": candidates,
        "deleted": deleted,
        "would_delete": min(candidates, call.max_delete) if call.dry_run else 0,
        "remaining_candidates": candidates - deleted,
    }
