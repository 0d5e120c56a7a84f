"""`make demo`, as a stranger runs it."""

from __future__ import annotations

import json
import sqlite3
import subprocess
from pathlib import Path

from end_to_end.local_stack import DEPLOYMENTS, RUNS


def test_the_demo_succeeds_and_shows_one_row_per_job(demo_run: subprocess.CompletedProcess[str]) -> None:
    assert demo_run.returncode == 0, demo_run.stdout + demo_run.stderr
    assert demo_run.stderr == ""
    for job in {job for job, _, _ in RUNS}:
        assert any(line.startswith(f"│ {job} ") and "Completed" in line for line in demo_run.stdout.splitlines())
    assert "make up" in demo_run.stdout
    assert "sereno backups list demo" in demo_run.stdout


def test_the_demo_tells_each_change_of_state_in_a_line_and_in_order(demo_run: subprocess.CompletedProcess[str]) -> None:
    lines = demo_run.stdout.splitlines()
    ended = [lines.index(f"{name}: Completed") for name in DEPLOYMENTS]
    begun = [lines.index(f"{name}: Scheduled") for name in DEPLOYMENTS]
    assert all(before < after for before, after in zip(ended, begun[1:], strict=False))


def test_the_summary_says_what_ran(demo_run: subprocess.CompletedProcess[str], home: Path) -> None:
    runs = json.loads((home / "demo" / "summary.json").read_text())["runs"]
    told = [(run["job"], run["system"], run["deployment"], run["effect"], run["state"]) for run in runs]
    assert told == [(job, "demo", deployment, effect, "Completed") for job, deployment, effect in RUNS]
    (drill,) = [run["headline"] for run in runs if run["job"] == "restore-drill"]
    assert drill.startswith("yes: backup ")
    assert "-incremental-" in drill, "the drill restored a chain"
    for run in runs:
        assert run["seconds"] > 0
        assert run["headline"]
        assert run["url"].startswith("http://127.0.0.1:")


def test_passphrases_are_stretched_by_600_000_iterations(
    demo_run: subprocess.CompletedProcess[str], home: Path
) -> None:
    files = list((home / "demo" / "backups").glob("**/keys.json"))
    assert files
    for file in files:
        assert [slot["iterations"] for slot in json.loads(file.read_bytes())["slots"]] == [600_000]


def test_the_history_stays_in_the_servers_database(demo_run: subprocess.CompletedProcess[str], home: Path) -> None:
    with sqlite3.connect(f"file:{home}/prefect/prefect.db?mode=ro", uri=True) as database:
        runs = database.execute(
            "SELECT name, state_name FROM flow_run WHERE work_queue_name = 'demo' ORDER BY created LIMIT 5"
        )
        first_words = ["backup", "backup", "backup", "verify", "restore"]
        assert [(name.split()[0], state) for name, state in runs] == [(word, "Completed") for word in first_words]
