"""The days that a report is about."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sereno.compliance.content import Period
from sereno.errors import ConfigurationError

MOST_DAYS = 3_653
"""Ten years with their leap days."""


def period_between(since: str, until: str, *, now: datetime, zone: ZoneInfo) -> Period:
    """The period as people write it; without any words the month before this one.

    Args:
        since: the first day, such as `2026-10-01`; empty for the first of the month of `until`.
        until: the last day, which has to be over or today; empty for the last of the month of `since`, or yesterday.
        now: the present moment.
        zone: whose days.

    Raises:
        ConfigurationError: one is no day, lies in the future, they are the wrong way round, or more than ten years.
    """
    today = now.astimezone(zone).date()
    first, last = _day(since, "date_from"), _day(until, "date_to")
    if first is None and last is None:
        last = today.replace(day=1) - timedelta(days=1)
    if last is None:
        assert first is not None
        last = min(_end_of_month(first), today)
    first = first or last.replace(day=1)
    if first > today or last > today:
        raise ConfigurationError(f"the period {first} to {last} lies in the future: today is {today}")
    if first > last:
        raise ConfigurationError(f"date_from={first} is after date_to={last}")
    if (last - first).days >= MOST_DAYS:
        raise ConfigurationError(f"the period {first} to {last} is longer than ten years; write several reports")
    return Period(since=first, until=last)


def last_days(days: int, *, now: datetime, zone: ZoneInfo) -> Period:
    """The days up to today, which is the last of them."""
    today = now.astimezone(zone).date()
    return Period(since=today - timedelta(days=days - 1), until=today)


def is_month(period: Period) -> bool:
    """Whether it is one whole month."""
    return period.since.day == 1 and period.until == _end_of_month(period.since)


def bounds(period: Period, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The moments at which `period` begins (included) and ends (not included)."""
    end = period.until + timedelta(days=1)
    return datetime.combine(period.since, time(), zone), datetime.combine(end, time(), zone)


def _day(text: str, name: str) -> date | None:
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise ConfigurationError(f"{name}={text[:80]!r} is no day; write one such as 2026-10-31") from None


def _end_of_month(day: date) -> date:
    return (day.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
