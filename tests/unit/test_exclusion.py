from __future__ import annotations

import fcntl
import multiprocessing
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError, RefusedError, StorageError
from sereno.exclusion import exclusive
from sereno.ledger.holders import Holder, refusal
from sereno.settings import Settings

FORK = multiprocessing.get_context("fork")
NOW = datetime(2026, 11, 23, 2, 0, 13, tzinfo=UTC)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path)


@contextmanager
def another_run(
    settings: Settings, *, job: str = "backup", run: str = "calm-otter", alone: bool = False
) -> Iterator[BaseProcess]:
    """A real process that holds the exclusion until it is killed."""
    ours, theirs = FORK.Pipe()

    def hold() -> None:
        with exclusive(settings, system="demo", job=job, run=run, alone=alone):
            theirs.send("held")
            signal.pause()

    process = FORK.Process(target=hold, daemon=True)
    process.start()
    try:
        assert ours.poll(10), "the other run did not begin"
        assert ours.recv() == "held"
        yield process
    finally:
        process.kill()
        process.join()


def begin(settings: Settings, *, system: str = "demo", job: str = "backup", alone: bool = False) -> None:
    with exclusive(settings, system=system, job=job, run="late-heron", alone=alone):
        pass


def message_of(action: Callable[[], None]) -> str:
    with pytest.raises(RefusedError) as refused:
        action()
    return str(refused.value)


def test_a_job_excludes_its_own_kind_and_names_who_holds_it(settings: Settings) -> None:
    with another_run(settings) as other:
        said = message_of(lambda: begin(settings))
    since = re.escape("backup of demo is already running: run calm-otter (process ")
    assert re.fullmatch(rf"{since}{other.pid}\) since \d\d:\d\d:\d\d UTC; wait for it or cancel it", said)


def test_a_run_excludes_its_own_kind_within_one_process_too(settings: Settings) -> None:
    with exclusive(settings, system="demo", job="backup", run="calm-otter"):
        assert f"process {os.getpid()}" in message_of(lambda: begin(settings))


def test_jobs_of_other_kinds_and_other_systems_run_meanwhile(settings: Settings) -> None:
    with another_run(settings):
        begin(settings, job="smoke")
        begin(settings, system="point")


def test_a_run_that_wants_the_system_alone_names_everybody_it_waits_for(settings: Settings) -> None:
    with another_run(settings), another_run(settings, job="smoke", run="quick-fox"):
        said = message_of(lambda: begin(settings, job="restore", alone=True))
    assert said.startswith("restore of demo needs the system to itself, and backup is running: run calm-otter (process")
    assert ", smoke is running: run quick-fox (process" in said
    assert said.endswith("wait for them or cancel them")


def test_while_a_run_has_the_system_alone_no_other_begins(settings: Settings) -> None:
    with another_run(settings, job="restore", alone=True):
        said = message_of(lambda: begin(settings))
        assert said.startswith("backup of demo cannot begin while restore is running: run calm-otter (process")
        assert "which has the system to itself" in said
        assert "cannot begin while restore" in message_of(lambda: begin(settings, job="migrate", alone=True))
        begin(settings, system="point", job="restore", alone=True)


def test_the_lock_goes_with_a_process_that_is_killed(settings: Settings) -> None:
    with another_run(settings, alone=True) as other:
        assert other.pid is not None
        os.kill(other.pid, signal.SIGKILL)
        other.join()
        begin(settings)
        begin(settings, alone=True)


def test_a_name_that_was_left_behind_is_not_believed(settings: Settings) -> None:
    with another_run(settings, run="dead-dodo") as other:
        other.kill()
        other.join()
    assert "dead-dodo" in (settings.home_path / "locks" / "demo" / "job-backup.lock").read_text()
    with another_run(settings, job="smoke", run="quick-fox"):
        said = message_of(lambda: begin(settings, alone=True))
    assert "quick-fox" in said
    assert "dead-dodo" not in said


def test_a_run_that_was_refused_holds_nothing_back(settings: Settings) -> None:
    with another_run(settings):
        message_of(lambda: begin(settings, job="restore", alone=True))
        begin(settings, job="restore")
    begin(settings, job="restore", alone=True)


def test_the_lock_is_given_back_when_the_work_raises(settings: Settings) -> None:
    with pytest.raises(OSError, match="of the work"), exclusive(settings, system="demo", job="backup", run="r"):
        raise OSError("an error of the work, not of the locks")
    begin(settings, alone=True)


def test_of_many_that_begin_at_once_exactly_one_wins_and_nobody_blames_a_ghost(settings: Settings) -> None:
    ours, theirs = FORK.Pipe()
    start, done = FORK.Event(), FORK.Event()

    def race(number: int) -> None:
        start.wait(10)
        try:
            with exclusive(settings, system="demo", job="backup", run=f"run-{number}", alone=number % 2 == 0):
                theirs.send("won")
                done.wait(10)
        except RefusedError as refused:
            theirs.send(str(refused))

    processes = [FORK.Process(target=race, args=(number,), daemon=True) for number in range(8)]
    for process in processes:
        process.start()
    start.set()
    answers = [ours.recv() for _ in processes]
    done.set()
    for process in processes:
        process.join()
    assert answers.count("won") == 1
    assert sum(answer.startswith("backup of demo is already running: run run-") for answer in answers) == 7


def test_runs_begin_and_look_who_holds_what_one_after_another(settings: Settings) -> None:
    """Else a look, which takes each free lock for a moment, could keep somebody from beginning."""
    begin(settings)
    beginning = threading.Thread(target=begin, args=[settings])
    with (settings.home_path / "locks" / "demo" / "gate.lock").open() as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        beginning.start()
        beginning.join(0.05)
        assert beginning.is_alive()
    beginning.join(10)
    assert not beginning.is_alive()


@pytest.mark.parametrize("name", ["../demo", "", "Demo", "demo\n", "a/b"])
def test_what_is_no_name_never_becomes_a_path(settings: Settings, name: str) -> None:
    for system, job in ((name, "backup"), ("demo", name)):
        with pytest.raises(ConfigurationError, match="is no name"):
            begin(settings, system=system, job=job)
    assert list(settings.home_path.iterdir()) == []


def test_a_folder_that_cannot_be_used_is_an_error_that_names_it(settings: Settings) -> None:
    (settings.home_path / "locks").write_text("a file in the folder's place")
    with pytest.raises(StorageError, match="locks/demo cannot be used"):
        begin(settings)


def holder(**changes: object) -> Holder:
    said = {"job": "backup", "run": "calm-otter", "alone": False, "process": 4711, "host": "here", "since": NOW}
    return Holder.model_validate({**said, **changes})


def test_a_run_of_another_day_and_machine_is_told_with_both() -> None:
    said = str(refusal("demo", wanted=holder(since=NOW + timedelta(days=1)), holders=[holder(host="db1")]))
    assert "run calm-otter (process 4711 on db1) since 2026-11-23 02:00:13 UTC;" in said


def test_when_the_holder_has_just_ended_the_advice_is_to_start_again() -> None:
    assert "has just ended; start it again" in str(refusal("demo", wanted=holder(), holders=[]))
