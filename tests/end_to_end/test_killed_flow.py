"""kill -9 of the flow process in the middle of a backup."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from end_to_end.backups import bulky_table, folders, listed
from end_to_end.local_stack import LocalStack, until


@dataclass(frozen=True)
class Killed:
    """A run that was killed while it wrote."""

    run_id: str
    folder: str
    listed_before: list[str]


@pytest.fixture(scope="module")
def killed(second_stack: LocalStack) -> Iterator[Killed]:
    listed_before, before = listed(second_stack.home), folders(second_stack.home)
    with bulky_table(second_stack.home):
        run_id = second_stack.create_run("demo-backup")
        process = second_stack.flow_process(run_id)
        folder = until(lambda: folders(second_stack.home) - before, seconds=240).pop()
        store = second_stack.home / "demo" / "backups" / "demo" / folder
        until(lambda: any((store / "rows").glob("*")), seconds=240)
        os.kill(process, signal.SIGKILL)
        yield Killed(run_id, folder, listed_before)


def test_the_run_ends_crashed(second_stack: LocalStack, killed: Killed) -> None:
    until(lambda: second_stack.state(killed.run_id)[0] == "Crashed", seconds=120)


def test_what_it_half_wrote_is_not_listed(second_stack: LocalStack, killed: Killed) -> None:
    assert killed.folder in folders(second_stack.home)
    assert listed(second_stack.home) == killed.listed_before


def test_the_next_run_works_and_clears_the_leftovers(second_stack: LocalStack, killed: Killed) -> None:
    run_id = second_stack.create_run("demo-backup")
    until(lambda: second_stack.state(run_id)[0] in {"Completed", "Failed", "Crashed"}, seconds=300)
    assert second_stack.state(run_id)[0] == "Completed", second_stack.state(run_id)
    assert len(listed(second_stack.home)) == len(killed.listed_before) + 1
    assert folders(second_stack.home) == set(listed(second_stack.home))
