"""Looking at what goes on in a system: alerts, notifications, its API and the API's clients."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.overview.days import beginning, last_days
from sereno.overview.snapshot import Api, Calls, Clients
from sereno.systems.sql_file import SqlFile

DAYS = 7
"""How many days notifications are counted by, today with them."""


def look_at_alerts(session: ReadSession, sql: SqlFile, *, scope: str | None) -> dict[str, int]:
    """How many alerts are open, by severity."""
    rows = session.rows(sql, {"scope": scope})
    return {str(_of(row, "severity", sql)): int(_of(row, "open", sql)) for row in rows}


def look_at_notifications(
    session: ReadSession, sql: SqlFile, *, scope: str | None, now: datetime, zone: ZoneInfo
) -> dict[date, dict[str, int]]:
    """The successful notifications of the last seven local days by channel; each day is there, an empty one too."""
    days = last_days(now, zone, DAYS)
    found: dict[date, dict[str, int]] = {day: {} for day in days}
    for row in session.rows(sql, {"since": beginning(days[0], zone), "now": now, "scope": scope}):
        day, channel = _of(row, "day", sql), str(_of(row, "channel", sql))
        if day in found and (sent := int(_of(row, "sent", sql))):
            found[day][channel] = found[day].get(channel, 0) + sent
    return found


def look_at_api(session: ReadSession, sql: SqlFile, *, scope: str | None, now: datetime) -> Api:
    """Requests and errors of the last 24 hours and of the last seven times 24."""

    def calls(period: timedelta) -> Calls:
        row = _only(session, sql, {"since": now - period, "now": now, "scope": scope})
        return Calls(requests=int(_of(row, "requests", sql)), errors=int(_of(row, "errors", sql)))

    return Api(day=calls(timedelta(hours=24)), week=calls(timedelta(days=7)))


def look_at_clients(session: ReadSession, sql: SqlFile, *, scope: str | None, idle_since: datetime) -> Clients:
    """The API clients that are switched on."""
    row = _only(session, sql, {"idle_since": idle_since, "scope": scope})
    return Clients(in_use=int(_of(row, "in_use", sql)), idle=int(_of(row, "idle", sql)))


def _only(session: ReadSession, sql: SqlFile, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = list(session.rows(sql, parameters))
    if len(rows) != 1:
        raise ContractError(f"{sql.where}: gives {len(rows)} rows; one is expected")
    return rows[0]


def _of(row: Mapping[str, Any], name: str, sql: SqlFile) -> Any:
    if row.get(name) is None:
        problem = "is null" if name in row else "is missing"
        raise ContractError(f"{sql.where}: the column {name} {problem}")
    return row[name]
