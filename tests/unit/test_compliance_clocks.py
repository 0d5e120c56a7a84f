"""The deadlines of GDPR and LGPD, at their edges."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from sereno.compliance.clocks import brazilian_holidays, breach_due, request_due
from sereno.systems.sections.compliance import Law

SAO_PAULO = ZoneInfo("America/Sao_Paulo")
LISBON = ZoneInfo("Europe/Lisbon")


def test_good_friday_moves_and_the_day_of_black_awareness_is_a_holiday_since_2024() -> None:
    assert date(2026, 4, 3) in brazilian_holidays(2026)
    assert date(2025, 4, 18) in brazilian_holidays(2025)
    assert date(2024, 11, 20) in brazilian_holidays(2024)
    assert date(2023, 11, 20) not in brazilian_holidays(2023)
    assert len(brazilian_holidays(2026)) == 10


@pytest.mark.parametrize(
    ("received", "last_day"),
    [("2026-01-31T10:00", "2026-02-28"), ("2024-01-31T10:00", "2024-02-29"), ("2025-12-31T23:59:59", "2026-01-31")],
)
def test_a_month_ends_with_the_shorter_month(received: str, last_day: str) -> None:
    due = request_due(datetime.fromisoformat(received).replace(tzinfo=LISBON), laws=[Law.GDPR], zone=LISBON)
    end = date.fromisoformat(last_day).toordinal() + 1
    assert due == datetime.combine(date.fromordinal(end), datetime.min.time(), LISBON)


def test_the_strictest_law_decides_a_request() -> None:
    received = datetime(2026, 11, 1, 8, tzinfo=SAO_PAULO)
    both = request_due(received, laws=[Law.GDPR, Law.LGPD], zone=SAO_PAULO)
    assert both == datetime(2026, 11, 17, tzinfo=SAO_PAULO)
    assert request_due(received, laws=[Law.GDPR], zone=SAO_PAULO) == datetime(2026, 12, 2, tzinfo=SAO_PAULO)


def test_three_working_days_go_around_weekends_and_holidays() -> None:
    # Thursday 19 November 2026; Friday 20 is a holiday, so Monday, Tuesday, Wednesday
    known = datetime(2026, 11, 19, 23, 59, 59, tzinfo=SAO_PAULO)
    assert breach_due(known, laws=[Law.LGPD], zone=SAO_PAULO) == datetime(2026, 11, 26, tzinfo=SAO_PAULO)
    # the turn of the year: 31 December 2026 is a Thursday, 1 January a holiday
    known = datetime(2026, 12, 30, 12, tzinfo=SAO_PAULO)
    assert breach_due(known, laws=[Law.LGPD], zone=SAO_PAULO) == datetime(2027, 1, 6, tzinfo=SAO_PAULO)


def test_72_hours_are_hours_also_when_the_clocks_change() -> None:
    known = datetime(2026, 10, 24, 12, tzinfo=LISBON)
    due = breach_due(known, laws=[Law.GDPR], zone=LISBON)
    assert (due.astimezone(ZoneInfo("UTC")) - known.astimezone(ZoneInfo("UTC"))).total_seconds() == 72 * 3600


def test_the_strictest_law_decides_a_breach() -> None:
    friday = datetime(2026, 7, 3, 12, tzinfo=SAO_PAULO)
    assert breach_due(friday, laws=[Law.GDPR, Law.LGPD], zone=SAO_PAULO) == datetime(2026, 7, 6, 12, tzinfo=SAO_PAULO)
