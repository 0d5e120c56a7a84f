"""A system's own audit table, through the query in its folder; sorting, counting and paging are put around it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import datetime
from typing import Any

from sereno.database.read_session import ReadSession, Row
from sereno.errors import ContractError
from sereno.history.event import HistoryEvent, key
from sereno.history.page import Totals
from sereno.history.query import Filters, HistoryQuery, SortBy
from sereno.systems.sections.audit import EventKind, KindRule
from sereno.systems.sql_file import SqlFile

ROWS = "history.rows"
"""The name of the query's file, without `.sql`."""
_MOST_GROUPS = 1_000_000


class SystemSource:
    """The events that the query `rows` gives."""

    def __init__(self, session: ReadSession, rows: SqlFile, rules: Sequence[KindRule] = ()) -> None:
        """Ask through `session`, which changes nothing; `rules` say of which kinds the events are."""
        self._session = session
        self._rows = rows
        self._rules = rules

    def events(self, query: HistoryQuery) -> Generator[HistoryEvent, None, None]:
        """The events that `query` asks for.

        Raises:
            SerenoError: the query cannot be run; see `ReadSession.rows`.
            ContractError: a column is missing, or a row has no time.
        """
        columns = dict.fromkeys((query.sort_by, SortBy.ID))
        order = ", ".join(f'q."{column}" {query.direction}' for column in columns)
        where, values = _of_kind(query.filters.kind, self._rules)
        sql = _around(self._rows, "SELECT q.* FROM (", f") AS q {where}ORDER BY {order} LIMIT :limit OFFSET :offset")
        given = {**parameters(query.filters), **values, "limit": query.limit, "offset": query.offset}
        for row in self._session.rows(sql, given):
            yield _event(row, self._rows)

    def totals(self, filters: Filters) -> Totals:
        """How many events there are of each action and kind; raises as `events`."""
        where, values = _of_kind(filters.kind, self._rules)
        given = {**parameters(filters), **values}
        counted = self._session.few(counting(self._rows, where), given, at_most=_MOST_GROUPS)
        counts = ((str(row["action"] or ""), str(row["model"] or ""), int(row["number"])) for row in counted)
        return Totals.of(counts, self._rules)


def counting(rows: SqlFile, where: str = "") -> SqlFile:
    """How many events of `rows` there are of each action and model, those alone for which `where` holds."""
    return _around(rows, "SELECT q.action, q.model, count(*) AS number FROM (", f") AS q {where}GROUP BY 1, 2")


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


def _of_kind(kind: EventKind | None, rules: Sequence[KindRule]) -> tuple[str, dict[str, list[str]]]:
    """The condition that only events of `kind` meet, and its parameters; nothing where any kind will do."""
    if kind is None:
        return "", {}
    cases, values = [], dict[str, list[str]]()
    for number, rule in enumerate(rules):
        wanted = {name: [*some] for name, some in (("action", rule.actions), ("model", rule.models)) if some}
        values |= {f"kind_{number}_{name}": some for name, some in wanted.items()}
        fits = " AND ".join(f"q.{name}::text = ANY(CAST(:kind_{number}_{name} AS text[]))" for name in wanted)
        cases.append(f"WHEN {fits} THEN '{rule.kind}'")
    decided = f"CASE {' '.join(cases)} ELSE '{EventKind.OTHER}' END" if cases else f"'{EventKind.OTHER}'"
    return f"WHERE {decided} = '{kind}' ", values


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
