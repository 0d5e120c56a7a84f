"""Dates as people write them, in the system's zone."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from sereno.errors import ConfigurationError
from sereno.moments import period_of

LISBON = ZoneInfo("Europe/Lisbon")
SAO_PAULO = ZoneInfo("America/Sao_Paulo")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type, misc]


@pytest.mark.parametrize(
    ("since", "until", "period"),
    [
        ("", "", (None, None)),
        ("2026-07-01", "", (utc(2026, 6, 30, 23), None)),
        ("2026-07-01", "2026-07-01", (utc(2026, 6, 30, 23), utc(2026, 7, 1, 23))),
        ("2026-10-25", "2026-10-25", (utc(2026, 10, 24, 23), utc(2026, 10, 26))),
        ("2026-07-01T10:00", "2026-07-01T10:00:01", (utc(2026, 7, 1, 9), utc(2026, 7, 1, 9, 0, 1))),
        ("2026-07-01T10:00Z", " 2026-07-02T00:00+02:00 ", (utc(2026, 7, 1, 10), utc(2026, 7, 1, 22))),
    ],
)
def test_a_period_is_in_the_systems_zone_and_a_day_counts_to_its_end(
    since: str, until: str, period: tuple[datetime | None, datetime | None]
) -> None:
    assert period_of(since, until, LISBON) == period


def test_a_day_whose_midnight_never_was_begins_at_its_first_moment() -> None:
    assert period_of("2018-11-04", "2018-11-04", SAO_PAULO) == (utc(2018, 11, 4, 3), utc(2018, 11, 5, 2))


@pytest.mark.parametrize(
    ("since", "until", "complaint"),
    [
        ("yesterday", "", "date_from='yesterday' is no time"),
        ("", "2026-02-30", "date_to='2026-02-30' is no time"),
        ("2026-10-25T01:30:00", "", "showed 2026-10-25T01:30:00 twice"),
        ("", "2026-03-29T01:30:00", "showed 2026-03-29T01:30:00 never"),
        ("2026-07-02", "2026-07-01", "is not before"),
        ("2026-07-01T10:00", "2026-07-01T10:00", "is not before"),
        ("", "9999-12-31", "outside the years"),
        ("0001-01-01T00:00+14:00", "", "outside the years"),
    ],
)
def test_what_is_no_period_is_refused(since: str, until: str, complaint: str) -> None:
    with pytest.raises(ConfigurationError, match=complaint):
        period_of(since, until, LISBON)
