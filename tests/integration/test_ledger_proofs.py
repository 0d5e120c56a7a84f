"""What the ledger remembers of readings and drills, on SQLite and on PostgreSQL."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, text

from sereno import ledger as ledger_package
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.proofs import (
    DrillRecord,
    LastReading,
    last_passed_drills,
    last_readings,
    newest_drills,
    note_drill,
    note_reading,
)
from sereno.reports.model import Result
from sereno.settings import Settings

AT = datetime(2026, 11, 24, 5, 30, 7, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
DRILL = DrillRecord(
    store="local",
    backup="20261124T030000Z-full-1f3a5c7e",
    started_at=AT,
    result=Result.PASSED,
    backup_age_seconds=9_007,
    phases={"server": 0.9, "rows": 31.25, "proof": 60.0},
    rows=6_728_113_000,
    plain_bytes=3_400_000_000_000,
    stored_bytes=1_000_000_000_000,
    checks=31,
    failed_checks=0,
    flow_run_id="8d742940-2bfb-4a49-b50f-6884c80bc0f0",
)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = None if request.param == "sqlite" else request.getfixturevalue("scratch_database")
    with open_ledger(Settings(home=tmp_path / "home", ledger_url=url)) as opened:
        yield opened


def note(ledger: Ledger, backup: str, at: datetime, *, whole: bool = True, store: str = "local") -> None:
    note_reading(ledger, system="point", store=store, backup=backup, at=at, whole=whole)


def test_the_last_reading_of_each_backup_in_each_store_is_remembered(ledger: Ledger) -> None:
    note(ledger, "a", AT)
    note(ledger, "a", AT + DAY)
    note(ledger, "a", AT, store="offsite")
    note_reading(ledger, system="till", store="local", backup="a", at=AT + 9 * DAY, whole=True)
    assert last_readings(ledger, "point") == {
        ("local", "a"): LastReading(read_at=AT + DAY, whole_at=AT + DAY),
        ("offsite", "a"): LastReading(read_at=AT, whole_at=AT),
    }


def test_damage_does_not_wipe_out_when_the_backup_was_whole_and_mending_heals(ledger: Ledger) -> None:
    note(ledger, "a", AT)
    note(ledger, "a", AT + DAY, whole=False)
    damaged = last_readings(ledger, "point")["local", "a"]
    assert (damaged.read_at, damaged.whole_at, damaged.damaged) == (AT + DAY, AT, True)
    note(ledger, "b", AT, whole=False)
    assert last_readings(ledger, "point")["local", "b"] == LastReading(read_at=AT, whole_at=None)
    note(ledger, "a", AT + 2 * DAY)
    assert not last_readings(ledger, "point")["local", "a"].damaged


def test_times_are_moments_whatever_their_zone(ledger: Ledger) -> None:
    note(ledger, "a", AT.astimezone(timezone(timedelta(hours=-7))))
    assert last_readings(ledger, "point")["local", "a"].read_at == AT


def test_readers_of_the_same_backup_at_once_do_not_disturb_each_other(ledger: Ledger) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            note(ledger, "a", AT + number * DAY)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(last_readings(ledger, "point")) == 1


def test_a_drill_comes_back_as_it_was(ledger: Ledger) -> None:
    note_drill(ledger, "point", DRILL)
    assert newest_drills(ledger, "point", at_most=5) == [DRILL]
    assert newest_drills(ledger, "till", at_most=5) == []


def test_the_newest_drills_come_oldest_first(ledger: Ledger) -> None:
    for number in (3, 1, 2, 0):
        note_drill(ledger, "point", replace(DRILL, started_at=AT + number * DAY))
    assert [drill.started_at - AT for drill in newest_drills(ledger, "point", at_most=3)] == [DAY, 2 * DAY, 3 * DAY]


def test_only_a_drill_that_passed_counts_as_the_last_of_a_backup(ledger: Ledger) -> None:
    note_drill(ledger, "point", DRILL)
    note_drill(ledger, "point", replace(DRILL, started_at=AT + DAY))
    note_drill(ledger, "point", replace(DRILL, started_at=AT + 2 * DAY, result=Result.FAILED))
    note_drill(ledger, "point", replace(DRILL, backup="another", result=Result.FAILED))
    assert last_passed_drills(ledger, "point") == {DRILL.backup: AT + DAY}


def test_a_ledger_of_the_first_version_is_brought_up_to_date_and_keeps_what_it_holds(tmp_path: Path) -> None:
    path = tmp_path / "ledger.db"
    with create_engine(f"sqlite:///{path}").begin() as connection:
        config = Config(attributes={"connection": connection})
        config.set_main_option("script_location", str(Path(ledger_package.__file__).parent / "migrations"))
        command.upgrade(config, "0001")
        values = "('point', 'purge', 'logs', 'seen', '7', 'now')"
        connection.execute(text(f"INSERT INTO sereno_cursors VALUES {values}"))
    with open_ledger(Settings(home=tmp_path)) as opened:
        note_drill(opened, "point", DRILL)
        assert newest_drills(opened, "point", at_most=1) == [DRILL]
    with sqlite3.connect(path) as database:
        assert database.execute("SELECT value FROM sereno_cursors").fetchall() == [("7",)]
