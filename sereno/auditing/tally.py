"""The audit trail of a period in numbers: how many events of each kind, and the changes of configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sereno.errors import SerenoError
from sereno.history.event import HistoryEvent
from sereno.history.kinds import CONFIGURATION_CHANGED
from sereno.history.query import Filters, HistoryQuery, Origin
from sereno.history.source import opened
from sereno.systems.model import System

_MOST_CHANGES = 100


@dataclass(frozen=True, kw_only=True)
class AuditTally:
    """What the trail of one origin holds."""

    origin: Origin
    by_kind: Mapping[str, int]
    """How many events; empty where there are none, and where they could not be read."""
    problem: str = ""
    """Why they could not be read."""


def tally(system: System, origin: Origin, *, since: datetime, until: datetime) -> AuditTally:
    """Count the events from `since` (included) to `until` (not included) by kind."""
    try:
        with opened(system, origin) as source:
            totals = source.totals(Filters(date_from=since, date_to=until))
    except SerenoError as error:
        return AuditTally(origin=origin, by_kind={}, problem=str(error))
    return AuditTally(origin=origin, by_kind=totals.by_kind)


def configuration_changes(system: System, *, since: datetime, until: datetime) -> tuple[HistoryEvent, ...]:
    """The newest hundred changes of the system's folder in the period, newest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    filters = Filters(action=CONFIGURATION_CHANGED, date_from=since, date_to=until)
    with opened(system, Origin.SERENO) as source:
        return tuple(source.events(HistoryQuery(filters=filters, limit=_MOST_CHANGES)))
