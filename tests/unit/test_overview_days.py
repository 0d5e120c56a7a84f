"""Local days begin where the system is, on days of 23 and 25 hours too."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sereno.overview.days import beginning, last_days, local_day

LISBON, SAO_PAULO, KIRITIMATI = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Kiritimati")
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        (date(2026, 3, 28), LISBON, 24),
        (date(2026, 3, 29), LISBON, 23),
        (date(2026, 10, 25), LISBON, 25),
        (date(2018, 11, 4), SAO_PAULO, 23),  # the clock went forward at midnight: the day began at one
        (date(2019, 2, 16), SAO_PAULO, 25),  # it went back at midnight: that hour came twice
        (date(2028, 2, 29), LISBON, 24),
        (date(2026, 11, 20), KIRITIMATI, 24),
    ],
)
def test_a_day_is_as_long_as_it_is(day: date, zone: ZoneInfo, hours: int) -> None:
    begun = beginning(day, zone)
    assert beginning(day + timedelta(days=1), zone) - begun == timedelta(hours=hours)
    assert local_day(begun, zone) == day
    assert local_day(begun - SECOND, zone) == day - timedelta(days=1)


def test_the_last_seven_days_are_those_of_the_zone() -> None:
    now = datetime(2026, 11, 20, 2, 30, tzinfo=UTC)
    assert last_days(now, LISBON, 7)[-1] == date(2026, 11, 20)
    assert last_days(now, SAO_PAULO, 7) == [date(2026, 11, day) for day in range(13, 20)]
