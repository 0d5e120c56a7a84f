"""When something is due, in the account's own days and hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.systems.sections.trials import Trials
from sereno.trials.schedule import change_due_at, last_day, reminder_steps, step_name

LISBON, SAO_PAULO, APIA = ZoneInfo("Europe/Lisbon"), ZoneInfo("America/Sao_Paulo"), ZoneInfo("Pacific/Apia")
ZONES = st.sampled_from(["Europe/Lisbon", "America/Sao_Paulo", "Pacific/Apia", "Asia/Kathmandu", "UTC", "Africa/Cairo"])


def policy(**values: Any) -> Trials:
    return Trials.model_validate({"statuses": {"trialing": ["trialing"]}, **values})


def due(ends_at: datetime, zone: ZoneInfo, **values: Any) -> dict[str, str]:
    steps = reminder_steps(ends_at, zone, policy(**values))
    return {step.name: step.due_at.strftime("%Y-%m-%d %H:%M") for step in steps}


def test_steps_have_names_that_read_as_words() -> None:
    assert [step_name(days) for days in (7, 1, 0, -1, -3)] == [
        "7_days_before",
        "1_day_before",
        "last_day",
        "1_day_after",
        "3_days_after",
    ]


def test_steps_fall_due_at_the_hour_of_the_accounts_own_day() -> None:
    ends_at = datetime(2026, 7, 10, 15, tzinfo=UTC)
    assert due(ends_at, LISBON) == {
        "7_days_before": "2026-07-03 08:00",
        "3_days_before": "2026-07-07 08:00",
        "1_day_before": "2026-07-09 08:00",
        "last_day": "2026-07-10 08:00",
        "3_days_after": "2026-07-13 08:00",
    }
    assert due(ends_at, SAO_PAULO)["last_day"] == "2026-07-10 12:00"


def test_a_trial_that_ends_at_midnight_has_the_day_before_as_its_last() -> None:
    midnight = datetime(2026, 7, 10, tzinfo=LISBON)
    assert last_day(midnight.astimezone(UTC), LISBON) == date(2026, 7, 9)
    assert last_day(midnight.astimezone(UTC) + timedelta(microseconds=1), LISBON) == date(2026, 7, 10)


def test_a_reminder_that_would_come_after_the_end_is_left_out() -> None:
    before_nine = datetime(2026, 7, 10, 7, tzinfo=UTC)
    assert "last_day" not in due(before_nine, LISBON)
    assert "last_day" in due(before_nine, LISBON, local_hour=0)


@pytest.mark.parametrize(
    ("day", "hour", "expected"),
    [
        (date(2026, 3, 29), 1, "2026-03-29 01:00"),  # 01:00 to 02:00 does not exist in Lisbon
        (date(2026, 3, 29), 2, "2026-03-29 01:00"),
        (date(2026, 10, 25), 1, "2026-10-25 00:00"),  # 01:00 to 02:00 comes twice; the first one counts
        (date(2026, 10, 25), 2, "2026-10-25 02:00"),
    ],
)
def test_an_hour_that_is_missing_or_comes_twice_is_one_moment(day: date, hour: int, expected: str) -> None:
    ends_at = datetime(day.year, day.month, day.day, 22, tzinfo=UTC)
    assert due(ends_at, LISBON, local_hour=hour)["last_day"] == expected


def test_days_before_a_change_of_the_clocks_keep_the_local_hour() -> None:
    assert due(datetime(2026, 3, 31, 22, tzinfo=UTC), LISBON) == {
        "7_days_before": "2026-03-24 09:00",
        "3_days_before": "2026-03-28 09:00",
        "1_day_before": "2026-03-30 08:00",
        "last_day": "2026-03-31 08:00",
        "3_days_after": "2026-04-03 08:00",
    }


def test_leap_days_are_days() -> None:
    assert due(datetime(2028, 3, 1, 18, tzinfo=UTC), LISBON)["1_day_before"] == "2028-02-29 09:00"
    assert due(datetime(2027, 3, 1, 18, tzinfo=UTC), LISBON)["1_day_before"] == "2027-02-28 09:00"
    assert due(datetime(2028, 2, 29, 18, tzinfo=UTC), LISBON)["7_days_before"] == "2028-02-22 09:00"


def test_a_day_that_a_zone_left_out_is_passed_over() -> None:
    """Samoa had no 30 December 2011."""
    ends_at = datetime(2011, 12, 30, 22, tzinfo=UTC)  # 31 December there, 12:00
    assert due(ends_at, APIA)["last_day"] == "2011-12-30 19:00"
    assert due(ends_at, APIA)["3_days_before"] == "2011-12-28 19:00"


def test_grace_days_keep_the_hour_of_the_end() -> None:
    ends_at = datetime(2026, 3, 27, 12, tzinfo=UTC)
    assert change_due_at(ends_at, LISBON, grace_days=0) == ends_at
    assert change_due_at(ends_at, LISBON, grace_days=5) == datetime(2026, 4, 1, 11, tzinfo=UTC)
    assert change_due_at(datetime(2028, 2, 28, 12, tzinfo=UTC), LISBON, grace_days=1).date() == date(2028, 2, 29)


def test_at_the_edges_of_the_calendar_nothing_breaks() -> None:
    assert due(datetime(9999, 12, 30, tzinfo=UTC), LISBON, reminders_days=[-365]) == {}
    assert due(datetime(1, 1, 3, tzinfo=UTC), LISBON, reminders_days=[365]) == {}


@given(
    ends_at=st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)),
    zone=ZONES,
    hour=st.integers(0, 23),
)
def test_steps_come_in_order_reminders_before_the_end_and_others_after(ends_at: datetime, zone: str, hour: int) -> None:
    steps = reminder_steps(ends_at, ZoneInfo(zone), policy(local_hour=hour))
    assert [step.days for step in steps] == sorted((step.days for step in steps), reverse=True)
    assert list(steps) == sorted(steps, key=lambda step: step.due_at)
    assert all((step.due_at < ends_at) == (step.days >= 0) for step in steps)
