"""The audit trail of a period in numbers: how many events of each kind, and the changes of configuration."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sereno.history.event import HistoryEvent
from sereno.history.kinds import CONFIGURATION_CHANGED
from sereno.history.query import Filters, HistoryQuery, Origin
from sereno.history.source import opened
from sereno.systems.model import System

_MOST_CHANGES = 100


def count_by_kind(system: System, origin: Origin, *, since: datetime, until: datetime) -> Mapping[str, int]:
    """How many events there are of each kind from `since` (included) to `until` (not included).

    Raises:
        ConfigurationError: the system's folder says nothing of an audit table of its own.
        SerenoError: the ledger or the database cannot be read.
    """
    with opened(system, origin) as source:
        return source.totals(Filters(date_from=since, date_to=until)).by_kind


def configuration_changes(system: System, *, since: datetime, until: datetime) -> tuple[HistoryEvent, ...]:
    """The newest hundred changes of the system's folder in the period, newest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    filters = Filters(action=CONFIGURATION_CHANGED, date_from=since, date_to=until)
    with opened(system, Origin.SERENO) as source:
        return tuple(source.events(HistoryQuery(filters=filters, limit=_MOST_CHANGES)))
