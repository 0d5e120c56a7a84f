"""A page of a history: the events, how many there are in all, and how to go on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self
from zoneinfo import ZoneInfo

from sereno.history.event import HistoryEvent
from sereno.history.kinds import kind_of
from sereno.history.query import HistoryQuery, Origin
from sereno.systems.sections.audit import KindRule

SCHEMA = "sereno.history/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """All events that the filters let through, whichever part of them a page shows."""

    by_action: dict[str, int]
    by_kind: dict[str, int]

    @classmethod
    def of(cls, counts: Iterable[tuple[str, str, int]], rules: Sequence[KindRule]) -> Self:
        """From how many events there are of each action and model."""
        by_action, by_kind = Counter[str](), Counter[str]()
        for action, model, number in counts:
            by_action[action] += number
            by_kind[kind_of(rules, action=action, model=model).value] += number
        return cls(
            by_action=dict(sorted(by_action.items())),
            by_kind=dict(sorted(by_kind.items(), key=lambda item: (-item[1], item[0]))),
        )

    @property
    def rows(self) -> int:
        """How many."""
        return sum(self.by_action.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The events of one page; `totals` is None where nobody asked for them."""

    origin: Origin
    query: HistoryQuery
    events: Sequence[HistoryEvent]
    has_next: bool
    totals: Totals | None

    @property
    def next_offset(self) -> int | None:
        """Where the next page begins; None on the last."""
        return self.query.offset + len(self.events) if self.has_next else None

    @property
    def previous_offset(self) -> int | None:
        """Where the page before begins; None on the first."""
        return max(0, self.query.offset - (self.query.limit or 0)) if self.query.offset else None

    def pagination(self) -> dict[str, Any]:
        """Where one is and how to go on."""
        return {
            "limit": self.query.limit,
            "offset": self.query.offset,
            "has_next": self.has_next,
            "next_offset": self.next_offset,
            "has_prev": self.query.offset > 0,
            "prev_offset": self.previous_offset,
        }

    def as_json(self, system: str, zone: ZoneInfo) -> dict[str, Any]:
        """The page for programs, times in `zone`."""
        totals: dict[str, Any] = {"rows_returned": len(self.events)}
        if self.totals:
            totals = {
                "rows": self.totals.rows,
                **totals,
                "by_action": self.totals.by_action,
                "by_kind": self.totals.by_kind,
            }
        return {
            "schema": SCHEMA,
            "system": system,
            "filters": shown_filters(self.origin, self.query, zone),
            "totals": totals,
            "pagination": self.pagination(),
            "items": [event.as_json(zone) for event in self.events],
        }


def shown_filters(origin: Origin, query: HistoryQuery, zone: ZoneInfo) -> dict[str, Any]:
    """What was asked, bounds of time in `zone`; None where a filter was not used."""
    filters = query.filters
    bounds = {"date_from": filters.date_from, "date_to": filters.date_to}
    return {
        "source": origin.value,
        **{name: getattr(filters, name) or None for name in ("action", "user", "model", "text", "kind")},
        **{name: moment and moment.astimezone(zone).isoformat() for name, moment in bounds.items()},
        "sort_by": query.sort_by.value,
        "sort_dir": query.direction.value,
    }
