"""Sereno's own events about a system, from its audit chain in the ledger."""

from __future__ import annotations

import json
from collections.abc import Generator
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select, true
from sqlalchemy.orm import InstrumentedAttribute

from sereno.history.event import HistoryEvent
from sereno.history.kinds import OWN_RULES
from sereno.history.page import Totals
from sereno.history.query import Direction, Filters, HistoryQuery, SortBy
from sereno.ledger import Ledger
from sereno.ledger.models import AuditRow, time_text
from sereno.systems.sections.audit import EventKind, KindRule

_AT_ONCE = 1_000  # rows
_COLUMNS: dict[SortBy, InstrumentedAttribute[Any]] = {
    SortBy.TIMESTAMP: AuditRow.time,
    SortBy.ACTION: AuditRow.action,
    SortBy.MODEL: AuditRow.job,
    SortBy.OBJECT_ID: AuditRow.flow_run_id,
    SortBy.USER: AuditRow.actor,
    SortBy.ID: AuditRow.sequence,
}


def _fits(rule: KindRule) -> ColumnElement[bool]:
    wanted = ((AuditRow.action, rule.actions), (AuditRow.job, rule.models))
    return and_(true(), *(column.in_(values) for column, values in wanted if values))


_KIND = case(*((_fits(rule), rule.kind.value) for rule in OWN_RULES), else_=EventKind.OTHER.value)


class LedgerSource:
    """The audit chain of one system. The model of an event is its job, the object its flow run."""

    def __init__(self, ledger: Ledger, system: str) -> None:
        """Read the chain of the system called `system`."""
        self._ledger = ledger
        self._system = system

    def events(self, query: HistoryQuery) -> Generator[HistoryEvent, None, None]:
        """The events that `query` asks for.

        Raises:
            SerenoError: the ledger cannot be read.
        """
        wanted = self._filtered(select(AuditRow.sequence, AuditRow.text), query.filters)
        for column in dict.fromkeys((_COLUMNS[query.sort_by], AuditRow.sequence)):
            wanted = wanted.order_by(column.desc() if query.direction is Direction.DESCENDING else column.asc())
        wanted = wanted.limit(query.limit).offset(query.offset or None)
        with self._ledger.reading() as session:
            for sequence, text in session.execute(wanted, execution_options={"yield_per": _AT_ONCE}):
                yield _event(sequence, text)

    def totals(self, filters: Filters) -> Totals:
        """How many events there are of each action and kind.

        Raises:
            SerenoError: the ledger cannot be read.
        """
        counted = self._filtered(select(AuditRow.action, AuditRow.job, func.count()), filters)
        with self._ledger.reading() as session:
            rows = session.execute(counted.group_by(AuditRow.action, AuditRow.job)).tuples().all()
        return Totals.of(rows, OWN_RULES)

    def _filtered(self, wanted: Select[Any], filters: Filters) -> Select[Any]:
        conditions: list[ColumnElement[bool]] = [AuditRow.system == self._system]
        for column, value in (
            (AuditRow.action, filters.action),
            (AuditRow.actor, filters.user),
            (AuditRow.job, filters.model),
        ):
            if value:
                conditions.append(column == value)
        if filters.text:
            conditions.append(AuditRow.text.icontains(filters.text, autoescape=True))
        if filters.kind:
            conditions.append(_KIND.in_((filters.kind.value,)))
        if filters.date_from:
            conditions.append(AuditRow.time >= time_text(filters.date_from))
        if filters.date_to:
            conditions.append(AuditRow.time < time_text(filters.date_to))
        return wanted.where(*conditions)


def _event(sequence: int, text: str) -> HistoryEvent:
    said = json.loads(text)
    return HistoryEvent(
        id=sequence,
        timestamp=datetime.fromisoformat(said["time"]),
        user=said["actor"],
        action=said["action"],
        model=said["job"],
        object_id=said["flow_run_id"] or "",
        payload={name: said[name] for name in ("effect", "result", "figures")},
    )
