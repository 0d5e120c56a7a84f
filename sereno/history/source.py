"""Where events come from: what a source has to be able to, and looking at a page of one."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from itertools import islice
from typing import Protocol

from sereno.database.sessions import reading
from sereno.errors import ConfigurationError
from sereno.history.event import HistoryEvent
from sereno.history.ledger_source import LedgerSource
from sereno.history.page import Page, Totals
from sereno.history.query import Filters, HistoryQuery, Origin, page_limit
from sereno.history.system_source import ROWS, SystemSource
from sereno.ledger import open_ledger
from sereno.systems.model import System
from sereno.systems.sql_folder import find_sql


class EventSource(Protocol):
    """Something that keeps events."""

    def events(self, query: HistoryQuery) -> Generator[HistoryEvent, None, None]:
        """The events that `query` asks for, read as they are asked for; never all of them in memory."""

    def totals(self, filters: Filters) -> Totals:
        """How many events `filters` let through."""


@contextmanager
def opened(system: System, origin: Origin) -> Iterator[EventSource]:
    """The events about `system` of one origin, readable while the block runs.

    Raises:
        ConfigurationError: the system's folder says nothing of an audit table of its own.
        SerenoError: the ledger or the database cannot be read.
    """
    if origin is Origin.SERENO:
        with open_ledger() as ledger:
            yield LedgerSource(ledger, system.name)
        return
    rows = find_sql(system.name, ROWS)
    if rows is None:
        raise ConfigurationError(
            f"{system.name} has no audit table that Sereno knows of: put sql/{ROWS}.sql into its folder, or ask for "
            f"source={Origin.SERENO}"
        )
    with reading(system, purpose="history") as session:
        yield SystemSource(session, rows, system.audit.kinds)


def look(source: EventSource, query: HistoryQuery, *, origin: Origin, totals: bool = True) -> Page:
    """One page.

    Args:
        source: where from.
        query: which events; `limit` None stands for the usual size of a page.
        origin: what the source is called.
        totals: also count all events that the filters let through, which reads every one of them.

    Raises:
        ConfigurationError: the page would be too large.
    """
    query = replace(query, limit=page_limit(query.limit))
    with closing(source.events(replace(query, limit=(query.limit or 0) + 1))) as one_more:
        found = list(one_more)
    events = list(islice(found, query.limit))
    return Page(
        origin=origin,
        query=query,
        events=events,
        has_next=len(found) > len(events),
        totals=source.totals(query.filters) if totals else None,
    )
