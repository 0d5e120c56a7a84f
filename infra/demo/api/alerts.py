"""The alerts of the operations console."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Path, Query

from infra.demo.api.access import Operator
from infra.demo.api.audit import note
from infra.demo.api.database import Database
from infra.demo.api.paging import Paging, page

router = APIRouter(prefix="/api/ops/alerts", tags=["ops"])

_COLUMNS = "id, category, severity, message, tenant_id, notification_log_id, created_at, resolved_at, resolved_by"
_QUERY = f"""
SELECT {_COLUMNS} FROM ops_alerts
WHERE ($1::boolean IS NULL OR (resolved_at IS NOT NULL) = $1)
  AND ($2::text IS NULL OR category = $2) AND ($3::text IS NULL OR severity = $3)
"""  # noqa: S608
_RESOLVE = f"""
UPDATE ops_alerts SET resolved_at = now(), resolved_by = $2 WHERE id = $1 AND resolved_at IS NULL RETURNING {_COLUMNS}
"""  # noqa: S608


class AlertQuery(Paging):
    """Which alerts."""

    resolved: bool | None = None
    category: Literal["notification_failure", "security_incident", "system"] | None = None
    severity: Literal["info", "warning", "critical"] | None = None


@router.get("")
async def list_alerts(_: Operator, database: Database, query: Annotated[AlertQuery, Query()]) -> dict[str, Any]:
    """The alerts that match."""
    filters = (query.resolved, query.category, query.severity)
    columns = {"id": "id", "created_at": "created_at", "severity": "severity"}
    return await page(database, _QUERY, *filters, paging=query, columns=columns)


@router.post("/{alert_id}/resolve")
async def resolve(alert_id: Annotated[int, Path(ge=1, le=2**63 - 1)], caller: Operator, database: Database) -> Any:
    """Resolve an alert; a second time changes nothing and is no error."""
    if changed := await database.row(_RESOLVE, alert_id, caller.id):
        await note(database, caller, "RESOLVE_ALERT", live=True, model="ops_alerts", payload={"alert": alert_id})
        return {"alert": changed, "changed": True}
    alert = await database.row(f"SELECT {_COLUMNS} FROM ops_alerts WHERE id = $1", alert_id)  # noqa: S608
    if alert is None:
        raise HTTPException(404, "there is no such alert")
    return {"alert": alert, "changed": False}
