"""What is asked of a history: which events, in which order, which part of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sereno.errors import ConfigurationError
from sereno.moments import period_of
from sereno.systems.sections.audit import EventKind

PAGE_ROWS = 100
"""Rows of a page, unless said."""
MOST_PAGE_ROWS = 10_000
"""A page is held in memory; an export is not."""
MOST_ROWS = 2**31 - 1


class Origin(StrEnum):
    """Whose events: Sereno's own about the system, or the system's own audit table."""

    SERENO = "sereno"
    SYSTEM = "system"


class SortBy(StrEnum):
    """What events may be sorted by; the id breaks ties."""

    TIMESTAMP = "timestamp"
    ACTION = "action"
    MODEL = "model"
    OBJECT_ID = "object_id"
    USER = "user"
    ID = "id"


class Direction(StrEnum):
    """Smallest first, or largest first."""

    ASCENDING = "asc"
    DESCENDING = "desc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filters:
    """Which events; an empty text and None stand for no bound. `date_from` is included, `date_to` is not."""

    action: str = ""
    user: str = ""
    model: str = ""
    text: str = ""
    """Somewhere in the event, whatever the case of its letters."""
    date_from: datetime | None = None
    date_to: datetime | None = None
    kind: EventKind | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryQuery:
    """Which events, in which order, and which part of them: `limit` None is all from `offset` on."""

    filters: Filters = Filters()
    sort_by: SortBy = SortBy.TIMESTAMP
    direction: Direction = Direction.DESCENDING
    limit: int | None = PAGE_ROWS
    offset: int = 0

    def __post_init__(self) -> None:
        """Refuse a part that there cannot be.

        Raises:
            ConfigurationError: `limit` or `offset` is out of bounds.
        """
        if self.limit is not None and not 1 <= self.limit <= MOST_ROWS:
            raise ConfigurationError(f"limit={self.limit} is out of bounds; give 1 to {MOST_ROWS}")
        if not 0 <= self.offset <= MOST_ROWS:
            raise ConfigurationError(f"offset={self.offset} is out of bounds; give 0 to {MOST_ROWS}")


def filters_of(
    zone: ZoneInfo,
    *,
    action: str = "",
    date_from: str = "",
    date_to: str = "",
    user: str = "",
    model: str = "",
    text: str = "",
    kind: EventKind | None = None,
) -> Filters:
    """The filters as people write them.

    Args:
        zone: of dates that name none.
        action: exactly this action.
        date_from: ISO 8601, a time or a day.
        date_to: likewise; a day is included to its end.
        user: exactly this user.
        model: exactly this kind of thing.
        text: somewhere in the event.
        kind: what an auditor calls it.

    Raises:
        ConfigurationError: a date is none, or they are the wrong way round, or a filter holds a character that no
            database keeps.
    """
    for name, value in (("action", action), ("user", user), ("model", model), ("text", text)):
        if "\0" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
            raise ConfigurationError(f"{name} holds a character that no text has")
    begin, end = period_of(date_from, date_to, zone)
    return Filters(action=action, user=user, model=model, text=text, date_from=begin, date_to=end, kind=kind)


def page_limit(limit: int | None) -> int:
    """How many rows a page has.

    Raises:
        ConfigurationError: it would be too large to be held in memory.
    """
    if limit is not None and limit > MOST_PAGE_ROWS:
        raise ConfigurationError(f"limit={limit} is more than a page holds ({MOST_PAGE_ROWS:,}); export it instead")
    return PAGE_ROWS if limit is None else limit
