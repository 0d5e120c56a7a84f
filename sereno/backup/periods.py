"""Days, weeks, months and years of a system's time zone, numbered so that they can be compared and counted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo


@dataclass(frozen=True, slots=True)
class Period:
    """A kind of period. `number` tells which one a day lies in, `first_day` the day on which that one begins."""

    name: str
    number: Callable[[date], int]
    first_day: Callable[[int], date]
    label: Callable[[date], str]

    def start(self, number: int, zone: ZoneInfo) -> datetime:
        """When the period `number` begins in `zone`, in UTC."""
        return datetime.combine(self.first_day(number), time(), zone).astimezone(UTC)


def _week_label(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02}"


DAY = Period("day", date.toordinal, date.fromordinal, date.isoformat)
WEEK = Period(  # 1 January of the year 1 was a Monday
    "week",
    lambda day: (day.toordinal() - 1) // 7,
    lambda number: date.fromordinal(number * 7 + 1),
    _week_label,
)
MONTH = Period(
    "month",
    lambda day: day.year * 12 + day.month - 1,
    lambda number: date(number // 12, number % 12 + 1, 1),
    lambda day: f"{day:%Y-%m}",
)
YEAR = Period("year", lambda day: day.year, lambda number: date(number, 1, 1), lambda day: f"{day:%Y}")


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day of `moment` in `zone`; at the two ends of time, where there is none, that of UTC."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.astimezone(UTC).date()
