"""Local days: where they begin, on days of 23 and 25 hours too."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo


def local_day(now: datetime, zone: ZoneInfo) -> date:
    """The day that it is in `zone`."""
    return now.astimezone(zone).date()


def beginning(day: date, zone: ZoneInfo) -> datetime:
    """The first moment of `day` in `zone`, in UTC.

    Where a clock goes forward at midnight that is the moment of the change; where it goes back over midnight, the first
    of the two midnights.
    """
    return datetime.combine(day, time.min, tzinfo=zone).astimezone(UTC)


def last_days(now: datetime, zone: ZoneInfo, number: int) -> list[date]:
    """The last `number` local days, today the last of them."""
    today = local_day(now, zone)
    return [today - timedelta(days=back) for back in reversed(range(number))]
