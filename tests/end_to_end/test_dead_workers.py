"""Workers that die in the middle of a backup: by SIGTERM, by kill -9, and by kill -9 together with the flow process.

The two runs that nobody ends are begun first, so that the wait for the automation is the same for both.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass

import pytest

from end_to_end.backups import bulky_table, folders, held_while_copying, listed, locked_table
from end_to_end.local_stack import LocalStack, is_alive
from end_to_end.workers import CarriedRun, let_heartbeat_arrive, run_on_own_worker
from waiting import until

DEPLOYMENT = "demo-backup"
AT_ONCE = 3  # two that are dead and still hold their slots, and one that lives


@dataclass(frozen=True)
class Abandoned:
    """A run whose worker and flow process are dead since `at`, and the folder that it had begun to fill."""

    run: CarriedRun
    at: float
    folder: str = ""


@pytest.fixture(scope="module")
def several(stack: LocalStack) -> LocalStack:
    """The stack, with several backups allowed at once."""
    stack.allow_at_once(DEPLOYMENT, AT_ONCE)
    return stack


@pytest.fixture(scope="module")
def terminated(several: LocalStack) -> Abandoned:
    with locked_table(several.home):
        run = run_on_own_worker(several, DEPLOYMENT)
        let_heartbeat_arrive(several, run)
        run.kill_worker(signal.SIGTERM)
        until(lambda: not is_alive(run.flow_process), seconds=120)
    return Abandoned(run, time.monotonic())


@pytest.fixture(scope="module")
def killed(several: LocalStack, terminated: Abandoned) -> Abandoned:
    with bulky_table(several.home):
        run = run_on_own_worker(several, DEPLOYMENT)
        with held_while_copying(several) as folder:
            let_heartbeat_arrive(several, run)
            run.kill_worker(signal.SIGKILL)
            os.kill(run.flow_process, signal.SIGKILL)
    return Abandoned(run, time.monotonic(), folder)


def test_a_worker_that_is_terminated_takes_its_flow_process_with_it(stack: LocalStack, terminated: Abandoned) -> None:
    assert stack.state(terminated.run.run_id)[0] == "Running"


def test_what_was_half_written_when_worker_and_flow_were_killed_is_not_listed(
    stack: LocalStack, killed: Abandoned
) -> None:
    assert stack.state(killed.run.run_id)[0] == "Running"
    assert killed.folder in folders(stack.home)
    assert killed.folder not in listed(stack.home)


def test_the_next_run_works_and_clears_what_they_left(stack: LocalStack, killed: Abandoned) -> None:
    before = listed(stack.home)
    run_id = stack.create_run(DEPLOYMENT)
    stack.until_state(run_id, "Completed")
    assert len(listed(stack.home)) == len(before) + 1
    assert folders(stack.home) == set(listed(stack.home))


@pytest.mark.slow
def test_a_run_outlives_a_worker_that_is_killed_alone_and_is_listed_when_it_is_whole(several: LocalStack) -> None:
    with bulky_table(several.home):
        run = run_on_own_worker(several, DEPLOYMENT)
        with held_while_copying(several) as folder:
            run.kill_worker(signal.SIGKILL)
            assert folder not in listed(several.home)
            assert is_alive(run.flow_process)
        state, headline = several.until_state(run.run_id, "Completed", "Failed", "Crashed", seconds=120)
    assert state == "Completed", headline
    assert folder in headline
    assert folder in listed(several.home)


@pytest.mark.parametrize("which", ["terminated", "killed"])
def test_a_run_whose_worker_and_flow_are_gone_ends_crashed_within_two_minutes(
    stack: LocalStack, which: str, request: pytest.FixtureRequest
) -> None:
    abandoned: Abandoned = request.getfixturevalue(which)
    left = 120 - (time.monotonic() - abandoned.at)
    assert "no sign of life" in stack.until_state(abandoned.run.run_id, "Crashed", seconds=left)[1]


def test_their_slots_are_free_again(stack: LocalStack, terminated: Abandoned, killed: Abandoned) -> None:
    stack.allow_at_once(DEPLOYMENT, 1)
    run_id = stack.create_run(DEPLOYMENT)
    stack.until_state(run_id, "Completed")
