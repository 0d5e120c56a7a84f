"""What the ledger keeps of each look at a database, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sereno.ledger import Ledger, care_readings, open_ledger
from sereno.ledger.care_readings import CareReading, newest_readings, note_reading
from sereno.settings import Settings

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = request.getfixturevalue("scratch_database") if request.param == "postgresql" else None
    with open_ledger(Settings(home=tmp_path / "home", ledger_url=url)) as opened:
        yield opened


def reading(hours: int, **given: object) -> CareReading:
    defaults = {"database": "1 1", "database_bytes": 2**40, "tables": {'public."Größe"': hours}, "counted_since": None}
    statements = {"-42": (hours, 1.5)}
    return CareReading(taken_at=NOW + timedelta(hours=hours), **{"statements": statements, **defaults, **given})  # type: ignore[arg-type]


def test_readings_come_back_oldest_first_and_counters_stay_with_the_newest(ledger: Ledger) -> None:
    for hours in (1, 2, 3):
        note_reading(ledger, "salon", reading(hours))
    note_reading(ledger, "other", reading(9))
    second, third = newest_readings(ledger, "salon", at_most=2)
    assert third == reading(3)
    assert second == reading(2, statements=None)
    assert newest_readings(ledger, "other", at_most=9) == [reading(9)]
    assert newest_readings(ledger, "nobody", at_most=9) == []


def test_what_was_not_known_stays_unknown(ledger: Ledger) -> None:
    unknown = reading(1, database_bytes=None, statements=None, tables={})
    note_reading(ledger, "salon", unknown)
    assert newest_readings(ledger, "salon", at_most=1) == [unknown]


def test_the_oldest_go_when_there_are_more_than_are_kept(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(care_readings, "KEPT", 3)
    note_reading(ledger, "other", reading(0))
    for hours in range(1, 6):
        note_reading(ledger, "salon", reading(hours))
    kept = newest_readings(ledger, "salon", at_most=99)
    assert [each.taken_at for each in kept] == [NOW + timedelta(hours=hours) for hours in (3, 4, 5)]
    assert len(newest_readings(ledger, "other", at_most=99)) == 1
