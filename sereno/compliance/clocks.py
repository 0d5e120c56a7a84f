"""Deadlines of the laws: one month or 15 days for a person's request, 72 hours or three working days for a breach."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from dateutil.easter import easter

from sereno.systems.sections.compliance import Law

LGPD_REQUEST_DAYS = 15
"""LGPD art. 19 II: a full answer within 15 days."""
GDPR_BREACH_HOURS = 72
"""GDPR art. 33: to the authority within 72 hours after one has become aware of it."""
LGPD_BREACH_WORKING_DAYS = 3
"""LGPD art. 48 and Resolução CD/ANPD 15/2024: within three working days."""


class _Holiday(NamedTuple):
    month: int
    day: int
    since: int = 0


_FIXED = (
    _Holiday(1, 1),
    _Holiday(4, 21),
    _Holiday(5, 1),
    _Holiday(9, 7),
    _Holiday(10, 12),
    _Holiday(11, 2),
    _Holiday(11, 15),
    _Holiday(11, 20, since=2024),  # Lei 14.759/2023
    _Holiday(12, 25),
)


def brazilian_holidays(year: int) -> frozenset[date]:
    """Brazil's national holidays of `year`, Good Friday among them; Carnival and Corpus Christi are none by law."""
    fixed = {date(year, each.month, each.day) for each in _FIXED if year >= each.since}
    return frozenset({*fixed, easter(year) - timedelta(days=2)})


def request_due(received: datetime, *, laws: Iterable[Law], zone: ZoneInfo) -> datetime:
    """When the time for a person's request is over: at the end of the last day of the strictest of `laws`."""
    day = received.astimezone(zone).date()
    days = {Law.GDPR: _a_month_later(day), Law.LGPD: day + timedelta(days=LGPD_REQUEST_DAYS)}
    return _end_of(min(days[law] for law in laws), zone)


def breach_due(known: datetime, *, laws: Iterable[Law], zone: ZoneInfo) -> datetime:
    """When the time to notify a breach is over, by the strictest of `laws`; `known` is when one became aware of it."""
    due = {
        Law.GDPR: lambda: known.astimezone(UTC) + timedelta(hours=GDPR_BREACH_HOURS),
        Law.LGPD: lambda: _end_of(_working_days_later(known.astimezone(zone).date()), zone),
    }
    return min(due[law]() for law in laws)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), zone)


def _a_month_later(day: date) -> date:
    year, month = (day.year, day.month + 1) if day.month < 12 else (day.year + 1, 1)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def _working_days_later(day: date) -> date:
    left = LGPD_BREACH_WORKING_DAYS
    while left:
        day += timedelta(days=1)
        if day.weekday() < 5 and day not in brazilian_holidays(day.year):
            left -= 1
    return day
