from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sereno.backup.choosing import kind_in, moment_of, newest, newest_as_of
from sereno.backup.manifest import BackupKind
from sereno.errors import ConfigurationError

LISBON = ZoneInfo("Europe/Lisbon")
FULL = "20261101T020000Z-full-00000001"
INCREMENT = "20261102T020000Z-incremental-00000002"
CRITICAL = "20261102T080000Z-critical-00000003"
SCHEMA = "20261103T080000Z-schema-only-00000004"
SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("kind", BackupKind)
def test_the_kind_of_a_backup_stands_in_its_id(kind: BackupKind) -> None:
    assert kind_in(f"20261101T020000Z-{kind}-00000001") is kind


def test_the_newest_backup_is_one_that_holds_everything() -> None:
    assert newest([FULL, INCREMENT, CRITICAL, SCHEMA]) == INCREMENT
    assert newest([FULL]) == FULL


def test_where_none_holds_everything_the_newest_of_any_kind_is_meant() -> None:
    assert newest([CRITICAL, SCHEMA]) == SCHEMA
    assert newest([CRITICAL, "20261104T080000Z-of-tomorrow-00000005"]) == "20261104T080000Z-of-tomorrow-00000005"


def taken_at(identifier: str) -> datetime:
    """Five seconds after the run began."""
    return datetime.strptime(identifier[:16], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) + 5 * SECOND


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (taken_at(FULL) - SECOND, None),
        (taken_at(FULL), FULL),
        (taken_at(INCREMENT) - SECOND, FULL),
        (taken_at(INCREMENT), INCREMENT),
        (taken_at(INCREMENT) + SECOND, INCREMENT),
        (taken_at(SCHEMA) + SECOND, INCREMENT),
    ],
)
def test_as_of_a_time_means_the_newest_taken_until_then(moment: datetime, expected: str | None) -> None:
    assert newest_as_of(moment, [FULL, INCREMENT, CRITICAL, SCHEMA], taken_at=taken_at) == expected


@pytest.mark.parametrize("ahead", [timedelta(milliseconds=1), SECOND, timedelta(hours=1), timedelta(days=1)])
def test_an_id_may_be_ahead_of_the_moment_that_the_backup_shows(ahead: timedelta) -> None:
    """As when two backups follow each other within a second, or the clock was set back."""

    def shown(identifier: str) -> datetime:
        return taken_at(identifier) - 5 * SECOND - ahead

    for moment, expected in [
        (shown(FULL) - timedelta(microseconds=1), None),
        (shown(FULL), FULL),
        (shown(INCREMENT) - timedelta(microseconds=1), FULL),
        (shown(INCREMENT), INCREMENT),
    ]:
        assert newest_as_of(moment, [FULL, INCREMENT], taken_at=shown) == expected


@pytest.mark.parametrize(
    ("moment", "expected"), [(datetime.min.replace(tzinfo=UTC), None), (datetime.max.replace(tzinfo=UTC), FULL)]
)
def test_as_of_the_ends_of_time(moment: datetime, expected: str | None) -> None:
    assert newest_as_of(moment, [FULL], taken_at=taken_at) == expected


def test_as_of_a_time_looks_into_few_manifests() -> None:
    asked: list[str] = []

    def noted(identifier: str) -> datetime:
        asked.append(identifier)
        return taken_at(identifier)

    days = [f"2026{month:02}{day:02}T020000Z-full-00000000" for month in range(1, 13) for day in range(1, 29)]
    assert newest_as_of(datetime(2026, 6, 15, 12, tzinfo=UTC), days, taken_at=noted) == days[5 * 28 + 14]
    assert len(asked) <= 3


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T02:00:00", datetime(2026, 11, 23, 2, tzinfo=UTC)),
        ("2026-07-23 02:00", datetime(2026, 7, 23, 1, tzinfo=UTC)),
        ("2026-07-23T02:00:00Z", datetime(2026, 7, 23, 2, tzinfo=UTC)),
        ("2026-07-23T02:00:00+05:45", datetime(2026, 7, 22, 20, 15, tzinfo=UTC)),
        ("2026-03-29T00:59:59", datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)),
        ("2026-03-29T02:00:00", datetime(2026, 3, 29, 1, tzinfo=UTC)),
        ("2026-10-25T00:59:59", datetime(2026, 10, 24, 23, 59, 59, tzinfo=UTC)),
        ("2026-10-25T02:00:00", datetime(2026, 10, 25, 2, tzinfo=UTC)),
        ("2026-10-25T01:30:00+00:00", datetime(2026, 10, 25, 1, 30, tzinfo=UTC)),
    ],
)
def test_a_time_without_a_zone_is_of_the_systems_zone(text: str, moment: datetime) -> None:
    assert moment_of(text, LISBON) == moment


@pytest.mark.parametrize("text", ["2026-10-25T01:00:00", "2026-10-25T01:59:59"])
def test_a_time_that_the_clocks_showed_twice_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"showed .* twice, .*\+01:00 or .*\+00:00$"):
        moment_of(text, LISBON)


@pytest.mark.parametrize("text", ["2026-03-29T01:00:00", "2026-03-29T01:59:59"])
def test_a_time_that_the_clocks_never_showed_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"showed .* never"):
        moment_of(text, LISBON)


@pytest.mark.parametrize("text", ["yesterday", "2026-11-23", "2026-13-01T00:00", "02:00", " "])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match="is no time; write one such as"):
        moment_of(text, LISBON)
