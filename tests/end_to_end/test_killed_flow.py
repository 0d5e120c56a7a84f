"""kill -9 of the flow process in the middle of a backup."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from end_to_end.backups import bulky_table, folders, listed
from end_to_end.local_stack import LocalStack
from waiting import until


@dataclass(frozen=True)
class Killed:
    """A run that was killed while it wrote."""

    run_id: str
    folder: str
    listed_before: list[str]


@pytest.fixture(scope="module")
def killed(stack: LocalStack) -> Iterator[Killed]:
    listed_before, before = listed(stack.home), folders(stack.home)
    with bulky_table(stack.home):
        run_id = stack.create_run("demo-backup")
        process = stack.flow_process(run_id)
        folder = until(lambda: folders(stack.home) - before, seconds=240, every=0.05).pop()
        store = stack.home / "demo" / "backups" / "demo" / folder
        until(lambda: any((store / "rows").glob("*")), seconds=240, every=0.05)
        os.kill(process, signal.SIGKILL)
        yield Killed(run_id, folder, listed_before)


def test_the_run_ends_crashed(stack: LocalStack, killed: Killed) -> None:
    stack.until_state(killed.run_id, "Crashed", seconds=120)


def test_what_it_half_wrote_is_not_listed(stack: LocalStack, killed: Killed) -> None:
    assert killed.folder in folders(stack.home)
    assert listed(stack.home) == killed.listed_before


def test_the_next_run_works_and_clears_the_leftovers(stack: LocalStack, killed: Killed) -> None:
    run_id = stack.create_run("demo-backup")
    state, headline = stack.until_state(run_id, "Completed", "Failed", "Crashed")
    assert state == "Completed", headline
    assert len(listed(stack.home)) == len(killed.listed_before) + 1
    assert folders(stack.home) == set(listed(stack.home))
