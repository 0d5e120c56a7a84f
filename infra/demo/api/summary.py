"""The operational summary of the integrations: calls, errors, clients, last operations and what to look at."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from infra.demo.api.access import Operator
from infra.demo.api.database import Database, Row

router = APIRouter(prefix="/api/integrations", tags=["summary"])

_CALLS = """
SELECT count(*) AS requests, count(*) FILTER (WHERE status_code >= 500) AS errors
FROM api_access_logs WHERE created_at >= $1::timestamptz - make_interval(hours => $2) AND created_at <= $1
"""
_DAILY = """
SELECT day::date AS date, count(l.id) AS requests
FROM (SELECT date_trunc('day', $1::timestamptz) - n * interval '1 day' AS day FROM generate_series(0, 6) n) days
LEFT JOIN api_access_logs l ON l.created_at >= day AND l.created_at < day + interval '1 day'
GROUP BY day ORDER BY day
"""
_CLIENTS = """
SELECT count(*) AS total, count(*) FILTER (WHERE is_active) AS active,
       count(*) FILTER (WHERE NOT is_active) AS inactive, count(*) FILTER (WHERE is_active AND unused) AS unused_30d
FROM (
    SELECT c.is_active, c.created_at < $1::timestamptz - interval '30 days' AND NOT EXISTS (
        SELECT FROM api_access_logs l
        WHERE l.client_id = c.id AND l.created_at >= $1::timestamptz - interval '30 days') AS unused
    FROM api_clients c
) clients
"""
_LAST = "SELECT action, at AS timestamp, actor AS user FROM audit_events ORDER BY at DESC, id DESC LIMIT 1"
MOST_ERRORS_PERCENT = 20.0


@router.get("/summary")
async def summary(_: Operator, database: Database) -> dict[str, Any]:
    """The figures of the last 24 hours and 7 days, as of now."""
    now = datetime.now(UTC)
    day = await database.row(_CALLS, now, 24) or {}
    week = await database.row(_CALLS, now, 24 * 7) or {}
    clients = await database.row(_CLIENTS, now) or {}
    error_rate = round(100 * week["errors"] / week["requests"], 2) if week["requests"] else 0.0
    return {
        "generated_at": now,
        "api_24h": day,
        "api_7d": {**week, "error_rate_pct": error_rate, "daily": await database.rows(_DAILY, now)},
        "api_clients": clients,
        "api_operations": {"last_any": await database.row(_LAST)},
        "alerts": _alerts(clients, error_rate),
    }


def _alerts(clients: Row, error_rate: float) -> list[dict[str, str]]:
    alerts = []
    if error_rate > MOST_ERRORS_PERCENT:
        detail = f"{error_rate} % of the calls of the last 7 days failed"
        alerts.append({"level": "danger", "title": "Many errors", "detail": detail})
    if clients["unused_30d"]:
        detail = f"{clients['unused_30d']} active clients without a call in 30 days"
        alerts.append({"level": "warning", "title": "Idle clients", "detail": detail})
    return alerts or [{"level": "ok", "title": "Nothing to do", "detail": "all integrations are in use and well"}]
