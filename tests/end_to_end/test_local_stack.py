"""`up`, `down` and `deploy`: what they promise about ports, state, other processes and their own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from end_to_end.backups import locked_table
from end_to_end.local_stack import (
    DEPLOYMENTS,
    ROOT,
    LocalStack,
    below,
    environment,
    is_alive,
    run_local,
    state_in_database,
    until,
)
from infra.local.automation import NAME


@dataclass(frozen=True)
class Terminated:
    """A run whose worker was terminated in the middle of it."""

    run_id: str
    flow_process: int
    at: float


@pytest.fixture(scope="module")
def terminated(stack: LocalStack) -> Terminated:
    """The worker is one of our own, since the stack would notice the death of its; that one is made to look away."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "sereno", "--work-queue", "second"]
    more = {"PREFECT_API_URL": stack.api_url, "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30"}
    others = stack.child("prefect worker")
    with locked_table(stack.home):
        os.kill(others, signal.SIGSTOP)
        try:
            run_id = stack.create_run("demo-backup", work_queue_name="second")
            worker = subprocess.Popen(command, cwd=ROOT, env=environment(stack.home, **more), stdout=subprocess.DEVNULL)
            process = stack.flow_process(run_id)
        finally:
            os.kill(others, signal.SIGCONT)
        until(lambda: stack.state(run_id)[0] == "Running", seconds=60)
        time.sleep(3)  # until the first heartbeat has surely reached the server
        worker.terminate()
        worker.wait(30)
    return Terminated(run_id, process, time.monotonic())


def test_a_worker_that_is_terminated_takes_its_flow_process_with_it(stack: LocalStack, terminated: Terminated) -> None:
    until(lambda: not is_alive(terminated.flow_process), seconds=10)
    assert stack.state(terminated.run_id)[0] == "Running"


def test_a_port_in_use_is_handled(stack: LocalStack, taken_port: int) -> None:
    assert f"port {taken_port} is in use" in stack.output
    assert f":{taken_port}/" not in stack.api_url
    assert stack.ask("/health") is True


def test_it_says_where_everything_is_and_what_runs_next(stack: LocalStack) -> None:
    for words in ("Prefect UI", "Prefect API", "Demo API", "Logs"):
        assert words in stack.output
    for name in DEPLOYMENTS:
        row = next(line for line in stack.output.splitlines() if line.startswith(f"│ {name} "))
        assert "WE" in row.split("│")[3], "no next run was planned"


def test_the_history_of_the_demo_is_still_there(stack: LocalStack) -> None:
    runs = json.loads((stack.home / "demo" / "summary.json").read_text())["runs"]
    for run in runs:
        assert stack.state(run["url"].rpartition("/")[2]) == (run["state"], run["headline"])


def test_a_scheduled_run_that_was_missed_is_skipped(stack: LocalStack, missed_run: str) -> None:
    assert "1 scheduled run fell due while nothing was running" in stack.output
    assert stack.state(missed_run)[0] == "Missed"


def test_a_second_start_duplicates_nothing(stack: LocalStack) -> None:
    names = [each["name"] for each in stack.ask("/deployments/filter", {})]
    assert sorted(names) == sorted([*DEPLOYMENTS, "demo-restore"])
    schedules = {name: len(each["schedules"]) for name, each in stack.deployments().items()}
    assert schedules == {**dict.fromkeys(DEPLOYMENTS, 1), "demo-restore": 0}
    assert [each["name"] for each in stack.ask("/automations/filter", {})] == [NAME]


def test_a_second_stack_in_the_same_home_is_refused(stack: LocalStack) -> None:
    for command in ("up", "demo"):
        second = run_local(stack.home, command)
        assert second.returncode == 3
        assert second.stdout == ""
        assert f"process {stack.process.pid}" in second.stderr
        assert len(second.stderr.splitlines()) == 1


def test_deploy_finds_the_running_stack_and_changes_nothing_the_second_time(stack: LocalStack) -> None:
    before = {name: each["id"] for name, each in stack.deployments().items()}
    done = run_local(stack.home, "deploy", "demo")
    assert done.returncode == 0, done.stderr
    assert {name: each["id"] for name, each in stack.deployments().items()} == before
    assert all(name in done.stdout for name in before)


def test_a_run_whose_worker_was_terminated_ends_crashed_within_two_minutes(
    stack: LocalStack, terminated: Terminated
) -> None:
    until(lambda: stack.state(terminated.run_id)[0] == "Crashed", seconds=120 - (time.monotonic() - terminated.at))
    assert "no sign of life" in stack.state(terminated.run_id)[1]


def test_its_slot_is_free_again(stack: LocalStack, terminated: Terminated) -> None:
    run_id = stack.create_run("demo-backup")
    until(lambda: stack.state(run_id)[0] == "Completed", seconds=60)


@pytest.fixture(scope="module")
def bystander() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(["sleep", "600"]) as other:
        yield other
        other.kill()


def test_ctrl_c_stops_everything_that_was_started_and_nothing_else(
    stack: LocalStack, bystander: subprocess.Popen[bytes]
) -> None:
    with locked_table(stack.home):
        run_id = stack.create_run("demo-backup")
        until(lambda: stack.state(run_id)[0] == "Running", seconds=60)
        started = below(stack.process.pid)
        for part in ("prefect server", "prefect worker", "prefect.engine", "bin/postgres", "infra.demo.api"):
            assert any(part in line for line in started.values()), part
        assert stack.end(signal.SIGINT) == 0
    assert [line for pid, line in started.items() if is_alive(pid)] == []
    assert bystander.poll() is None
    assert "Traceback" not in stack.output
    assert state_in_database(stack.home, run_id) == "Crashed"


def test_down_says_when_nothing_runs(tmp_path: Path) -> None:
    done = run_local(tmp_path, "down")
    assert (done.returncode, done.stdout.strip()) == (0, f"nothing is running in {tmp_path}")


def test_deploy_without_a_server_says_so(tmp_path: Path) -> None:
    unknown = run_local(tmp_path, "deploy")
    assert unknown.returncode == 2
    assert "set PREFECT_API_URL" in unknown.stderr
    silent = run_local(tmp_path, "deploy", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert silent.returncode == 1
    assert "no Prefect server answers at http://127.0.0.1:9/api" in silent.stderr
    assert "Traceback" not in silent.stderr


def test_deploy_of_a_system_without_deployments_says_so(tmp_path: Path) -> None:
    done = run_local(tmp_path, "deploy", "nobody")
    assert (done.returncode, done.stdout) == (2, "")
    assert "system: nobody" in done.stderr
