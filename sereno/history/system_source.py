"""A system's own audit table, through the query in its folder; sorting, counting and paging are put around it."""

from __future__ import annotations

from collections.abc import Generator
from datetime import datetime
from typing import Any

from sereno.database.read_session import ReadSession, Row
from sereno.errors import ContractError
from sereno.history.event import HistoryEvent, key
from sereno.history.page import Totals
from sereno.history.query import Filters, HistoryQuery, SortBy
from sereno.systems.sql_file import SqlFile

ROWS = "history.rows"
"""The name of the query's file, without `.sql`."""


class SystemSource:
    """The events that the query `rows` gives."""

    def __init__(self, session: ReadSession, rows: SqlFile) -> None:
        """Ask through `session`, which changes nothing."""
        self._session = session
        self._rows = rows

    def events(self, query: HistoryQuery) -> Generator[HistoryEvent, None, None]:
        """The events that `query` asks for.

        Raises:
            SerenoError: the query cannot be run; see `ReadSession.rows`.
            ContractError: a column is missing, or a row has no time.
        """
        columns = dict.fromkeys((query.sort_by, SortBy.ID))
        order = ", ".join(f'q."{column}" {query.direction}' for column in columns)
        sql = _around(self._rows, "SELECT q.* FROM (", f") AS q ORDER BY {order} LIMIT :limit OFFSET :offset")
        given = {**parameters(query.filters), "limit": query.limit, "offset": query.offset}
        for row in self._session.rows(sql, given):
            yield _event(row, self._rows)

    def totals(self, filters: Filters) -> Totals:
        """How many events there are of each action; raises as `events`."""
        sql = _around(
            self._rows, "SELECT q.action, count(*) AS number FROM (", ") AS q GROUP BY q.action ORDER BY q.action"
        )
        counted = self._session.rows(sql, parameters(filters))
        return Totals(by_action={str(row["action"]): int(row["number"]) for row in counted})


def parameters(filters: Filters) -> dict[str, Any]:
    """What the query in a folder is given: NULL for each filter that is not used."""
    return {
        "action": filters.action or None,
        "user": filters.user or None,
        "model": filters.model or None,
        "text": filters.text or None,
        "date_from": filters.date_from,
        "date_to": filters.date_to,
    }


def _around(sql: SqlFile, before: str, after: str) -> SqlFile:
    """The folder's query inside another one; its lines keep their numbers, and its last comment ends before `after`."""
    inner = "".join(token.text for token in sql.tokens if token.kind != "semicolon")
    return SqlFile(sql.path, f"{before}{inner}\n{after}")


def _event(row: Row, sql: SqlFile) -> HistoryEvent:
    try:
        timestamp = row["timestamp"]
        if not isinstance(timestamp, datetime) or timestamp.tzinfo is None:
            raise ContractError(f"{sql.where}: column timestamp of event {row['id']} is no time with a zone")
        return HistoryEvent(
            id=key(row["id"]),
            timestamp=timestamp,
            user=str(row["user"] or ""),
            action=str(row["action"] or ""),
            model=str(row["model"] or ""),
            object_id=key(row["object_id"]),
            payload=row["payload"],
        )
    except KeyError as missing:
        raise ContractError(f"{sql.where}: gives no column {missing.args[0]}") from None
