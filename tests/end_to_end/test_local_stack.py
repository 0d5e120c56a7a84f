"""`up`, `down` and `deploy`: what they promise about ports, state, other processes and their own."""

from __future__ import annotations

import json
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from end_to_end.backups import locked_table
from end_to_end.local_stack import (
    DEPLOYMENTS,
    WITHOUT_SCHEDULE,
    LocalStack,
    below,
    is_alive,
    run_local,
    state_in_database,
)
from infra.local.automation import NAME


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


def test_the_log_of_a_run_says_its_effect_before_anything_else_of_ours(stack: LocalStack) -> None:
    runs = json.loads((stack.home / "demo" / "summary.json").read_text())["runs"]
    for run in runs:
        of_run = {"flow_run_id": {"any_": [run["url"].rpartition("/")[2]]}}
        lines = stack.ask("/logs/filter", {"logs": of_run, "sort": "TIMESTAMP_ASC"})
        ours = [line["message"] for line in lines if line["name"].startswith("sereno")]
        assert ours[:1] == [f"{run['job'].replace('-', '_')} of demo: effect {run['effect']}"]


def test_a_scheduled_run_that_was_missed_is_skipped(stack: LocalStack, missed_run: str) -> None:
    assert "1 scheduled run fell due while nothing was running" in stack.output
    assert stack.state(missed_run)[0] == "Missed"


def test_a_second_start_duplicates_nothing(stack: LocalStack) -> None:
    names = [each["name"] for each in stack.ask("/deployments/filter", {})]
    assert sorted(names) == sorted([*DEPLOYMENTS, *WITHOUT_SCHEDULE])
    slugs = {name: [one["slug"] for one in each["schedules"]] for name, each in stack.deployments().items()}
    assert all(len(each) == len(set(each)) for each in slugs.values())
    assert sorted(name for name, each in slugs.items() if not each) == WITHOUT_SCHEDULE
    assert [each["name"] for each in stack.ask("/automations/filter", {})] == [NAME]


def test_systems_that_are_not_set_up_here_are_named_and_not_deployed(stack: LocalStack) -> None:
    assert "not deployed: point (POINT_DATABASE_URL is not set, and 2 more)" in stack.output
    refused = run_local(stack.home, "deploy", "point")
    assert refused.returncode == 2
    assert "point (POINT_DATABASE_URL is not set" in refused.stderr
    assert not [name for name in stack.deployments() if name.startswith("point")]


def test_a_second_stack_in_the_same_home_is_refused(stack: LocalStack) -> None:
    for command in ("up", "demo"):
        second = run_local(stack.home, command)
        assert second.returncode == 3
        assert second.stdout == ""
        assert f"process {stack.process.pid}" in second.stderr
        assert len(second.stderr.splitlines()) == 1


def test_a_deployment_is_described_by_its_runbook(stack: LocalStack) -> None:
    description = stack.deployments()["demo-backup"]["description"]
    assert description.startswith("Every Sunday night: an encrypted full backup")
    assert "\n\n**When it fails:** there is no new backup" in description


def test_the_schedule_confirms_what_the_form_leaves_a_dry_run(stack: LocalStack) -> None:
    asked_for = stack.deployments()["demo-restore"]["parameters"]
    scheduled = stack.ask(
        "/flow_runs/filter",
        {
            "deployments": {"name": {"any_": ["demo-restore"]}},
            "flow_runs": {"state": {"type": {"any_": ["SCHEDULED"]}}},
        },
    )
    assert not {"dry_run", "confirm_live"} & asked_for.keys()
    assert all(run["parameters"] == {**asked_for, "dry_run": False, "confirm_live": "YES"} for run in scheduled)
    assert scheduled


def test_deploy_finds_the_running_stack_and_changes_nothing_the_second_time(stack: LocalStack) -> None:
    before = {name: (each["id"], each["description"]) for name, each in stack.deployments().items()}
    done = run_local(stack.home, "deploy", "demo")
    assert done.returncode == 0, done.stderr
    assert {name: (each["id"], each["description"]) for name, each in stack.deployments().items()} == before
    assert all(name in done.stdout for name in before)


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
        stack.until_state(run_id, "Running")
        started = below(stack.process.pid)
        for part in ("prefect_server", "prefect worker", "prefect.engine", "bin/postgres", "infra.demo.api"):
            assert any(part in line for line in started.values()), part
        assert stack.end(signal.SIGINT) == 0
    assert [line for pid, line in started.items() if is_alive(pid)] == []
    assert bystander.poll() is None
    assert "Traceback" not in stack.output
    assert state_in_database(stack.home, run_id) == "Crashed"


def test_down_says_when_nothing_runs(tmp_path: Path) -> None:
    done = run_local(tmp_path, "down")
    assert (done.returncode, done.stdout.strip()) == (0, f"nothing is running in {tmp_path}")


def test_deploy_to_a_server_that_does_not_answer_says_so(tmp_path: Path) -> None:
    silent = run_local(tmp_path, "deploy", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert silent.returncode == 1
    assert "no Prefect server answers at http://127.0.0.1:9/api" in silent.stderr
    assert "Traceback" not in silent.stderr
