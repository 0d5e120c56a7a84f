from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from sereno.reports import Figure, Finding
from sereno.reports.presentation import failed_first, figure, legible, when

START = datetime(2026, 11, 3, 2, 15, 4, tzinfo=UTC)


def test_control_and_direction_characters_are_spelt_out() -> None:
    assert legible("a\x00b\x1b[31m\u202ec\x85\r") == "a\\x00b\\x1b[31m\\u202ec\\x85\\x0d"


def test_line_breaks_tabs_and_the_marks_that_scripts_need_stay() -> None:
    assert legible("a\r\nb\tc \u200f שלום 👩\u200d🔧") == "a\nb\tc \u200f שלום 👩\u200d🔧"


def test_the_period_names_its_day_once() -> None:
    assert when(START, START + timedelta(minutes=4)) == "Tuesday 3 November 2026, 02:15:04 to 02:19:04 UTC"


def test_the_period_names_both_days_when_it_crosses_midnight() -> None:
    assert when(START, START + timedelta(hours=23)) == (
        "Tuesday 3 November 2026, 02:15:04 to Wednesday 4 November 2026, 01:15:04 UTC"
    )


def test_the_period_is_told_in_the_zone_of_its_start() -> None:
    madrid = timezone(timedelta(hours=1))
    assert when(START.astimezone(madrid), START) == "Tuesday 3 November 2026, 03:15:04 UTC+0100"


@pytest.mark.parametrize(
    ("key", "value", "shown"),
    [
        ("archive_bytes", 468_220_113, ("Archive", "468 MB")),
        ("bytes", 12, ("Bytes", "12 B")),
        ("dump_seconds", 84.2, ("Dump", "1 min 24 s")),
        ("disk_used_percent", 71.5, ("Disk used", "71.5 %")),
        ("rows", 6_728_113, ("Rows", "6,728,113")),
        ("compression", Decimal("4.520"), ("Compression", "4.52")),
        ("ratio", 2.1e-9, ("Ratio", "2.1e-09")),
        ("encrypted", True, ("Encrypted", "yes")),
        ("API_version", "15.18", ("API version", "15.18")),
        ("older", None, ("Older", "none")),
        ("taken_at", "2026-11-03T02:15:04+00:00", ("Taken at", "Tuesday 3 November 2026, 02:15:04 UTC")),
        ("taken_at", "2026-11-03T02:15:04", ("Taken at", "2026-11-03T02:15:04")),
        ("looked_at", "the latest", ("Looked at", "the latest")),
        ("lag_seconds", float("nan"), ("Lag", "not a number")),
        ("huge", Decimal("1E+999999"), ("Huge", "not a number")),
        ("giant_bytes", 10**400, ("Giant bytes", f"{10**400:,}")),
    ],
)
def test_a_figure_takes_its_unit_from_its_key(key: str, value: Figure, shown: tuple[str, str]) -> None:
    if key == "lag_seconds" or key == "huge":
        assert figure(key, value)[1] == shown[1]
    else:
        assert figure(key, value) == shown


def test_required_failures_come_first_then_optional_ones_each_in_order() -> None:
    findings = [
        Finding(name="optional", passed=False, required=False),
        Finding(name="fine", passed=True),
        Finding(name="first", passed=False),
        Finding(name="second", passed=False),
    ]
    missed, passed = failed_first(findings)
    assert [finding.name for finding in missed] == ["first", "second", "optional"]
    assert [finding.name for finding in passed] == ["fine"]
