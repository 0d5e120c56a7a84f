from __future__ import annotations

import logging
import multiprocessing
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.process import BaseProcess
from pathlib import Path

import psycopg
import pytest

from sereno.errors import RefusedError, SystemUnavailableError
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.settings import Settings

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def settings(scratch_database: str, tmp_path: Path) -> Settings:
    return Settings(home=tmp_path, ledger_url=scratch_database)


@contextmanager
def another_run(settings: Settings, *, job: str = "backup", run: str, alone: bool = False) -> Iterator[BaseProcess]:
    ours, theirs = FORK.Pipe()

    def hold() -> None:
        with exclusive(settings, system="demo", job=job, run=run, alone=alone):
            theirs.send("held")
            signal.pause()

    process = FORK.Process(target=hold, daemon=True)
    process.start()
    try:
        assert ours.poll(20), "the other run did not begin"
        assert ours.recv() == "held"
        yield process
    finally:
        process.kill()
        process.join()


def refused(settings: Settings, *, job: str, alone: bool = False) -> str:
    with pytest.raises(RefusedError) as caught, exclusive(settings, system="demo", job=job, run="late", alone=alone):
        pass
    return str(caught.value)


def begin(settings: Settings, *, job: str, system: str = "demo", alone: bool = False) -> None:
    with exclusive(settings, system=system, job=job, run="late", alone=alone):
        pass


def wait_until_gone(settings: Settings, process: BaseProcess) -> None:
    """The server learns a moment after the kernel that a process is gone."""
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with psycopg.connect(settings.ledger_url or "", autocommit=True) as connection:
        for _ in range(100):
            left = connection.execute("SELECT 1 FROM pg_locks WHERE locktype = 'advisory' LIMIT 1").fetchone()
            if left is None:
                return
            connection.execute("SELECT pg_sleep(0.05)")
    raise AssertionError("the server kept the locks of a process that was killed")


def test_a_job_excludes_its_own_kind_and_names_who_holds_it(settings: Settings) -> None:
    with another_run(settings, run="calm-otter") as other:
        said = refused(settings, job="backup")
        begin(settings, job="smoke")
        begin(settings, job="backup", system="point")
    start = re.escape(f"backup of demo is already running: run calm-otter (process {other.pid}) since ")
    assert re.fullmatch(rf"{start}\d\d:\d\d:\d\d UTC; wait for it or cancel it", said)


def test_a_run_that_wants_the_system_alone_waits_for_everybody_and_everybody_for_it(settings: Settings) -> None:
    with another_run(settings, run="calm-otter"), another_run(settings, job="smoke", run="quick-fox"):
        said = refused(settings, job="restore", alone=True)
        assert said.startswith("restore of demo needs the system to itself, and backup is running: run calm-otter")
        assert "smoke is running: run quick-fox" in said
    with another_run(settings, job="restore", run="big-bear", alone=True):
        assert refused(settings, job="smoke").startswith("smoke of demo cannot begin while restore is running: run big")


def test_the_lock_goes_with_a_process_that_is_killed_and_its_name_is_not_believed(settings: Settings) -> None:
    with another_run(settings, run="dead-dodo", alone=True) as other:
        wait_until_gone(settings, other)
        with another_run(settings, job="smoke", run="quick-fox"):
            said = refused(settings, job="restore", alone=True)
        assert "quick-fox" in said
        assert "dead-dodo" not in said


def test_the_lock_is_given_back_at_the_end_and_by_a_run_that_was_refused(settings: Settings) -> None:
    with another_run(settings, run="calm-otter") as other:
        refused(settings, job="restore", alone=True)
        begin(settings, job="restore")
        wait_until_gone(settings, other)
    for _ in range(3):
        begin(settings, job="restore", alone=True)


def test_a_ledger_may_stand_for_its_settings(settings: Settings) -> None:
    with (
        open_ledger(settings) as ledger,
        exclusive(ledger, system="demo", job="backup", run="calm-otter"),
    ):
        assert f"run calm-otter (process {os.getpid()})" in refused(settings, job="backup")


def test_a_session_that_was_lost_meanwhile_is_told_and_does_not_undo_the_work(
    settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), exclusive(settings, system="demo", job="backup", run="calm-otter"):
        with psycopg.connect(settings.ledger_url or "") as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = %s",
                ["sereno backup of demo"],
            )
        begin(settings, job="backup")
    assert "the session that held backup of demo was lost while run calm-otter went on" in caplog.text


def test_without_its_server_nothing_begins(tmp_path: Path) -> None:
    nowhere = Settings(home=tmp_path, ledger_url="postgresql://user@127.0.0.1:1/name")
    with pytest.raises(SystemUnavailableError):
        begin(nowhere, job="backup")
