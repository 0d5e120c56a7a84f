"""The steps of `business_overview`."""

from __future__ import annotations

from datetime import datetime

from sereno.overview import history, looking, page_files
from sereno.systems.model import System
from tasks.step import NETWORK, step

_reach = step(looking.reach, name="reach the database", retry=NETWORK)
_look_at_tenants = step(looking.look_at_tenants, name="look at tenants")
_look_at_alerts = step(looking.look_at_alerts, name="look at alerts")
_look_at_notifications = step(looking.look_at_notifications, name="look at notifications")
_look_at_api = step(looking.look_at_api, name="look at the API")
_look_at_clients = step(looking.look_at_clients, name="look at API clients")
remember = step(history.remember, name="compare with the days before", retry=NETWORK)
write_files = step(page_files.write_files, name="write workbook and tables")


async def look(system: System, *, scope: str, now: datetime) -> looking.Seen:
    """Everything that the overview is about; what cannot be seen is said in its place."""
    await _reach(system, scope=scope)
    return looking.Seen(
        now=now,
        scope=scope,
        tenants=await _look_at_tenants(system, scope=scope, now=now),
        alerts=await _look_at_alerts(system, scope=scope),
        notifications=await _look_at_notifications(system, scope=scope, now=now),
        api=await _look_at_api(system, scope=scope, now=now),
        clients=await _look_at_clients(system, scope=scope, now=now),
    )
