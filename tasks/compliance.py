"""The steps of the compliance jobs."""

from __future__ import annotations

from datetime import datetime

from sereno.compliance import looking
from sereno.compliance.content import Period
from sereno.systems.model import System
from tasks.step import NETWORK, step

_reach = step(looking.reach, name="reach the database", retry=NETWORK)
_ask_tables = step(looking.ask_tables, name="ask the system's tables")
_ask_own = step(looking.ask_own, name="ask ledger, stores and catalog")
_ask_trail = step(looking.ask_trail, name="ask the audit trail", retry=NETWORK)


async def look(system: System, period: Period, *, now: datetime) -> looking.Seen:
    """Everything that a report is about; what cannot be answered is said in its place."""
    map_ = await _reach(system)
    return looking.Seen(
        period=period,
        now=now,
        map_=map_,
        tables=await _ask_tables(system, period, now=now),
        own=await _ask_own(system, map_),
        trail=await _ask_trail(system, period),
    )
