"""The overview of the operations console: tenants, trials, revenue, notifications."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter

from infra.demo.api.access import Operator
from infra.demo.api.database import Database

router = APIRouter(prefix="/api/ops", tags=["ops"])

_TOTALS = """
SELECT (SELECT count(*) FROM tenants WHERE is_active) AS active_tenants,
       (SELECT count(*) FROM subscriptions
        WHERE status = 'trialing' AND trial_ends_at > $1::timestamptz
          AND trial_ends_at <= $1::timestamptz + interval '7 days') AS trials_expiring_7d,
       (SELECT count(*) FROM subscriptions
        WHERE status = 'trialing' AND trial_ends_at <= $1::timestamptz) AS trials_overdue,
       (SELECT count(*) FROM ops_alerts WHERE resolved_at IS NULL) AS alerts_open
"""
_REVENUE = """
SELECT p.code, count(s.id) AS count, p.monthly_price::text AS unit_price, (count(s.id) * p.monthly_price)::text AS value
FROM plans p LEFT JOIN subscriptions s ON s.plan_id = p.id AND s.status IN ('active', 'past_due')
GROUP BY p.id ORDER BY p.id
"""
_REVENUE_TOTAL = """
SELECT coalesce(sum(p.monthly_price), 0)::text
FROM subscriptions s JOIN plans p ON p.id = s.plan_id WHERE s.status IN ('active', 'past_due')
"""
_NOTIFICATIONS = """
SELECT day::date AS date, channel, count(n.id) AS total
FROM (SELECT date_trunc('day', $1::timestamptz) - n * interval '1 day' AS day FROM generate_series(0, 6) n) days
LEFT JOIN notification_logs n
    ON n.created_at >= day AND n.created_at < day + interval '1 day' AND n.status IN ('sent', 'delivered')
GROUP BY day, channel ORDER BY day, channel
"""


@router.get("/overview")
async def overview(_: Operator, database: Database) -> dict[str, Any]:
    """The figures as of now; money is text, so that no digit is lost."""
    now = datetime.now(UTC)
    daily: dict[str, dict[str, Any]] = {}
    for row in await database.rows(_NOTIFICATIONS, now):
        day = daily.setdefault(row["date"].isoformat(), {"date": row["date"], "total": 0, "channels": {}})
        day["total"] += row["total"]
        if row["channel"]:
            day["channels"][row["channel"]] = row["total"]
    breakdown = {row.pop("code"): row for row in await database.rows(_REVENUE)}
    return {
        "generated_at": now,
        "totals": await database.row(_TOTALS, now),
        "mrr_estimated": {
            "currency": "EUR",
            "total": await database.value(_REVENUE_TOTAL),
            "breakdown": breakdown,
        },
        "notification_daily": list(daily.values()),
    }
