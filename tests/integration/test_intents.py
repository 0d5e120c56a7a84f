from __future__ import annotations

import multiprocessing
import os
import signal
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import psycopg
import pytest

from sereno.errors import SystemUnavailableError
from sereno.intents import Figures, Intent, IntentLog, Keys, carry_out, resume
from sereno.ledger import Ledger, open_ledger
from sereno.settings import Settings

FORK = multiprocessing.get_context("fork")
ROWS, BATCH = 20, 5
KILLS: dict[str, Callable[[], None]] = {
    "_exit": lambda: os._exit(9),
    "SIGKILL": lambda: os.kill(os.getpid(), signal.SIGKILL),
}


class ProductSystem(Protocol):
    """A database of which rows are purged; each purge of a row is also counted, so that doing it twice would show."""

    def keys(self) -> list[int]: ...
    def purge(self, keys: Keys, before_commit: Callable[[], None] = ...) -> Figures: ...
    def was_purged(self, keys: Keys) -> Figures | None: ...
    def purged(self) -> int: ...


def nothing() -> None:
    """Happens where a test has nothing happen."""


class SqliteSystem:
    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as connection:
            connection.execute("CREATE TABLE logs (id INTEGER PRIMARY KEY)")
            connection.execute("CREATE TABLE counter (purged INTEGER)")
            connection.execute("INSERT INTO counter VALUES (0)")
            connection.executemany("INSERT INTO logs VALUES (?)", [[key] for key in range(1, ROWS + 1)])

    def _open(self) -> sqlite3.Connection:
        return sqlite3.connect(self.path, timeout=10)

    def keys(self) -> list[int]:
        return [row[0] for row in self._open().execute("SELECT id FROM logs ORDER BY id")]

    def purge(self, keys: Keys, before_commit: Callable[[], None] = nothing) -> Figures:
        with self._open() as connection:
            deleted = sum(connection.execute("DELETE FROM logs WHERE id = ?", [key]).rowcount for key in keys)
            connection.execute("UPDATE counter SET purged = purged + ?", [deleted])
            before_commit()
        return {"deleted": deleted, "batches": 1}

    def was_purged(self, keys: Keys) -> Figures | None:
        left = set(keys) & set(self.keys())
        return None if left else {"deleted": len(keys), "batches": 1}

    def purged(self) -> int:
        return int(self._open().execute("SELECT purged FROM counter").fetchone()[0])


class PostgresSystem:
    def __init__(self, url: str) -> None:
        self.url = url
        with psycopg.connect(url) as connection:
            connection.execute("CREATE TABLE logs AS SELECT generate_series(1, %s) AS id", [ROWS])
            connection.execute("CREATE TABLE counter AS SELECT 0 AS purged")

    def keys(self) -> list[int]:
        with psycopg.connect(self.url) as connection:
            return [row[0] for row in connection.execute("SELECT id FROM logs ORDER BY id")]

    def purge(self, keys: Keys, before_commit: Callable[[], None] = nothing) -> Figures:
        with psycopg.connect(self.url) as connection:
            deleted = connection.execute("DELETE FROM logs WHERE id = ANY(%s)", [list(keys)]).rowcount
            connection.execute("UPDATE counter SET purged = purged + %s", [deleted])
            before_commit()
        return {"deleted": deleted, "batches": 1}

    def was_purged(self, keys: Keys) -> Figures | None:
        with psycopg.connect(self.url) as connection:  # FOR UPDATE waits for a commit that is still under way
            left = connection.execute("SELECT 1 FROM logs WHERE id = ANY(%s) FOR UPDATE", [list(keys)]).fetchall()
        return None if left else {"deleted": len(keys), "batches": 1}

    def purged(self) -> int:
        with psycopg.connect(self.url) as connection:
            row = connection.execute("SELECT purged FROM counter").fetchone()
            assert row is not None
            return int(row[0])


@pytest.fixture(params=["sqlite", "postgresql"])
def system(request: pytest.FixtureRequest, tmp_path: Path) -> ProductSystem:
    if request.param == "sqlite":
        return SqliteSystem(tmp_path / "system.db")
    return PostgresSystem(request.getfixturevalue("scratch_database"))


@pytest.fixture
def settings(request: pytest.FixtureRequest, system: ProductSystem, tmp_path: Path) -> Settings:
    """The ledger lies in the same kind of database as the system's, and never commits together with it."""
    if isinstance(system, PostgresSystem):
        return Settings(home=tmp_path / "home", ledger_url=system.url)
    return Settings(home=tmp_path / "home")


@pytest.fixture
def ledger(settings: Settings) -> Iterator[Ledger]:
    with open_ledger(settings) as opened:
        yield opened


def log_of(ledger: Ledger, *, run_id: str = "run-1", unit: str | None = "november", step: str = "logs") -> IntentLog:
    return IntentLog(ledger, system="demo", job="purge", step=step, run_id=run_id, unit=unit)


def purge_all(
    settings: Settings,
    system: ProductSystem,
    *,
    run_id: str,
    before_commit: Callable[[], None] = nothing,
    after_commit: Callable[[], None] = nothing,
    after_settle: Callable[[], None] = nothing,
) -> dict[str, int]:
    """What a job's live step does: resume, then batch by batch until no candidate is left."""

    def commit(keys: Keys) -> Figures:
        figures = system.purge(keys, before_commit)
        after_commit()
        return figures

    with open_ledger(settings) as ledger:
        log = log_of(ledger, run_id=run_id)
        resume(log, system.was_purged)
        while keys := system.keys()[:BATCH]:
            carry_out(log, keys, commit, system.was_purged, cursors={"last": keys[-1]})
            after_settle()
        return log.totals()


@pytest.mark.parametrize("how", KILLS)
@pytest.mark.parametrize("where", ["before_commit", "after_commit", "after_settle"])
@pytest.mark.parametrize("batch", [1, 3])
def test_a_run_that_is_killed_anywhere_goes_on_where_it_was(
    settings: Settings, system: ProductSystem, where: str, how: str, batch: int
) -> None:
    calls = iter(range(1, 100))

    def killed() -> None:
        if next(calls) == batch:
            KILLS[how]()

    points: dict[str, Any] = {where: killed}
    process = FORK.Process(target=purge_all, args=(settings, system), kwargs={"run_id": "run-1", **points})
    process.start()
    process.join()
    assert process.exitcode in {9, -9}
    committed = system.purged()
    assert committed == BATCH * (batch - (where == "before_commit"))

    totals = purge_all(settings, system, run_id="run-2")
    assert system.keys() == []
    assert system.purged() == ROWS
    assert totals == {"deleted": ROWS, "batches": ROWS // BATCH}
    with open_ledger(settings) as ledger:
        assert log_of(ledger).unsettled() == []
        assert log_of(ledger).cursor("last") == ROWS


def test_a_run_that_is_killed_again_and_again_ends_with_the_right_totals(
    settings: Settings, system: ProductSystem
) -> None:
    for run, where in enumerate(["before_commit", "after_commit", "before_commit", "after_commit", "after_settle"]):
        points: dict[str, Any] = {where: KILLS["SIGKILL"]}
        process = FORK.Process(target=purge_all, args=(settings, system), kwargs={"run_id": f"run-{run}", **points})
        process.start()
        process.join()
    assert purge_all(settings, system, run_id="last") == {"deleted": ROWS, "batches": ROWS // BATCH}
    assert system.purged() == ROWS


def test_an_intent_is_in_the_ledger_before_the_system_commits(ledger: Ledger, system: ProductSystem) -> None:
    seen: list[Intent] = []
    carry_out(
        log_of(ledger),
        [1, 2],
        lambda keys: system.purge(keys, lambda: seen.extend(log_of(ledger).unsettled())),
        system.was_purged,
    )
    assert [intent.keys for intent in seen] == [(1, 2)]
    assert log_of(ledger).unsettled() == []


def test_a_commit_whose_answer_was_lost_is_settled_after_all(ledger: Ledger, system: ProductSystem) -> None:
    def commit(keys: Keys) -> Figures:
        system.purge(keys)
        raise SystemUnavailableError("the connection was lost while committing")

    log = log_of(ledger)
    assert carry_out(log, [1, 2], commit, system.was_purged, cursors={"last": 2}) == {"deleted": 2, "batches": 1}
    assert (log.totals(), log.cursor("last"), log.unsettled()) == ({"deleted": 2, "batches": 1}, 2, [])


def test_a_commit_that_never_was_is_abandoned_and_its_error_told(ledger: Ledger, system: ProductSystem) -> None:
    def commit(keys: Keys) -> Figures:
        raise SystemUnavailableError("no connection")

    log = log_of(ledger)
    with pytest.raises(SystemUnavailableError, match="no connection"):
        carry_out(log, [1, 2], commit, system.was_purged, cursors={"last": 2})
    assert (log.totals(), log.cursor("last"), log.unsettled()) == ({}, None, [])


def test_while_the_system_is_silent_the_intent_stays_open(ledger: Ledger, system: ProductSystem) -> None:
    def commit(keys: Keys) -> Figures:
        system.purge(keys)
        raise SystemUnavailableError("lost")

    def silent(keys: Keys) -> Figures | None:
        raise SystemUnavailableError("still away")

    log = log_of(ledger)
    with pytest.raises(SystemUnavailableError, match="lost"):
        carry_out(log, [1, 2], commit, silent)
    with pytest.raises(SystemUnavailableError, match="still away"):
        resume(log, silent)
    assert len(log.unsettled()) == 1
    resumed = resume(log, system.was_purged)
    assert [intent.keys for intent in resumed.settled] == [(1, 2)]
    assert log.totals() == {"deleted": 2, "batches": 1}


def test_a_step_resumes_no_other_steps_intents(ledger: Ledger) -> None:
    log_of(ledger, step="sessions").open([1])
    assert resume(log_of(ledger), lambda keys: {"deleted": 1}).settled == ()
    assert len(log_of(ledger, step="sessions").unsettled()) == 1
