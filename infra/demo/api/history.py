"""The history of operations: filtered, sorted, page by page, or as a CSV or XLSX file."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import Field

from infra.demo.api.access import Operator
from infra.demo.api.database import Database
from infra.demo.api.exports import MEDIA_TYPES, as_csv, as_xlsx
from infra.demo.api.paging import Paging, page

router = APIRouter(prefix="/api/integrations/operations", tags=["history"])

_QUERY = """
SELECT id, at AS timestamp, actor AS user, action, effect, model, object_id, payload FROM audit_events
WHERE ($1::text IS NULL OR action = $1)
  AND ($2::timestamptz IS NULL OR at >= $2) AND ($3::timestamptz IS NULL OR at < $3)
"""
_SORTED_BY = {
    "id": "id",
    "timestamp": "at",
    "action": "action",
    "model": "model",
    "object_id": "object_id",
    "user": "actor",
}


class HistoryQuery(Paging):
    """Which events, in which order and form."""

    limit: int = Field(default=50, ge=1, le=1000)
    sort_by: str = "timestamp"
    sort_dir: Literal["asc", "desc"] = "desc"
    action: str | None = Field(default=None, pattern=r"^[A-Z][A-Z_]{0,63}$")
    date_from: datetime | None = None
    date_to: datetime | None = None
    export: Literal["csv", "xlsx"] | None = None


@router.get("/history", response_model=None)
async def history(
    _: Operator, database: Database, query: Annotated[HistoryQuery, Query()]
) -> dict[str, Any] | Response:
    """The events that match; `date_from` is included, `date_to` is not."""
    filters = (query.action, query.date_from, query.date_to)
    found = await page(database, _QUERY, *filters, paging=query, columns=_SORTED_BY)
    if query.export:
        content = (as_csv if query.export == "csv" else as_xlsx)(found["items"])
        disposition = f'attachment; filename="operations_history.{query.export}"'
        return Response(content, media_type=MEDIA_TYPES[query.export], headers={"Content-Disposition": disposition})
    by_action = await database.rows(
        f"SELECT action, count(*) AS events FROM ({_QUERY}) q GROUP BY action ORDER BY action",  # noqa: S608
        *filters,
    )
    return {
        "filters": query.model_dump(mode="json", exclude={"limit", "offset", "export"}),
        "totals": {
            "rows_total": found["total"],
            "rows_returned": len(found["items"]),
            "by_action": {row["action"]: row["events"] for row in by_action},
        },
        "pagination": found["pagination"],
        "items": found["items"],
    }
