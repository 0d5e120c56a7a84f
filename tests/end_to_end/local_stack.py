"""`python -m infra.local` as a process, and the server it starts, as the tests see them."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Mapping
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from waiting import until

ROOT = Path(__file__).resolve().parents[2]

SCALE = "0.2"
RUNS = [
    ("backup", "demo-backup", "read"),
    ("backup", "demo-backup-incremental", "read"),
    ("backup", "demo-backup-critical", "read"),
    ("verify-backups", "demo-verify-backups", "read"),
    ("restore-drill", "demo-restore-drill", "live"),
    ("restore", "demo-restore", "live"),
    ("smoke", "demo-smoke", "dry-run"),
    ("prune", "demo-prune", "live"),
    ("maintenance", "demo-maintenance", "live"),
    ("load-check", "demo-load-check", "live"),
    ("trial-expiry", "demo-trial-expiry", "live"),
    ("audit-verify", "demo-audit-verify", "read"),
    ("data-checks", "demo-data-checks", "read"),
    ("database-care", "demo-database-care", "dry-run"),
    ("history", "demo-history", "read"),
    ("compliance-check", "demo-compliance-check", "read"),
    ("compliance-report", "demo-compliance-report", "read"),
    ("business-overview", "demo-business-overview", "read"),
]
"""What `demo` runs: job, deployment and effect of each deployment that has a schedule, in their order."""
DEPLOYMENTS = [deployment for _, deployment, _ in RUNS]
WITHOUT_SCHEDULE = ["demo-audit-search", "demo-clear-lockout", "demo-resend-notifications", "demo-resolve-alert"]
"""Deployments for the form alone."""


def environment(home: Path, **more: str) -> dict[str, str]:
    """The environment of a command on `home`."""
    return {**os.environ, "SERENO_HOME": str(home), **more}


def run_local(home: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m infra.local` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "infra.local", *arguments],
        cwd=ROOT,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )


def is_alive(pid: int) -> bool:
    """Whether a process runs; a dead one that nobody has fetched yet does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def below(pid: int) -> dict[int, str]:
    """The living processes below `pid`, with their command lines."""
    found: dict[int, str] = {}
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text().split()):
                words = Path(f"/proc/{child}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                found |= ({child: words} if is_alive(child) else {}) | below(child)
    return found


def server_database(home: Path) -> Path:
    """The file in which the server of `home` keeps its history."""
    return home / "prefect" / "prefect.db"


def state_in_database(home: Path, run_id: str) -> str:
    """A run's state as it was left behind; the server is not needed."""
    with closing(sqlite3.connect(server_database(home))) as database:
        row = database.execute("SELECT state_name FROM flow_run WHERE id = ?", (run_id,)).fetchone()
    return str(row[0])


@dataclass
class LocalStack:
    """A command that runs in the background."""

    home: Path
    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    @classmethod
    def start(cls, home: Path, *arguments: str) -> LocalStack:
        """Start `python -m infra.local` with `arguments`."""
        process = subprocess.Popen(
            [sys.executable, "-u", "-m", "infra.local", *arguments],
            cwd=ROOT,
            env=environment(home),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        stack = cls(home, process)
        threading.Thread(target=stack._read, daemon=True).start()
        return stack

    def _read(self) -> None:
        for line in self.process.stdout or ():
            self.lines.append(line.rstrip())

    @property
    def output(self) -> str:
        """What it wrote so far."""
        return "\n".join(self.lines)

    def until_ready(self) -> LocalStack:
        """Wait until everything runs."""
        until(lambda: "Everything is running" in self.output or self.process.poll() is not None, seconds=300)
        assert self.process.poll() is None, self.output
        return self

    def child(self, words: str) -> int:
        """The process below it whose command line holds `words`, as soon as there is one."""
        return until(
            lambda: next((pid for pid, line in below(self.process.pid).items() if words in line), 0),
            seconds=60,
            every=0.05,
        )

    def end(self, number: signal.Signals) -> int:
        """Send a signal and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(240)

    @property
    def api_url(self) -> str:
        """The API of its server."""
        return next(line.split()[-1] for line in self.lines if line.startswith("Prefect API"))

    def ask(self, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """What the server's API answers to a POST, or without `body` to a GET."""
        return self._answer("GET" if body is None else "POST", path, body).json()

    def _answer(self, method: str, path: str, body: Mapping[str, Any] | None) -> httpx.Response:
        """503 is the server's word for "my database was busy, nothing was done, ask again", as in Prefect's client."""

        def answer() -> httpx.Response | None:
            said = client.request(method, path, json=body)
            return None if said.status_code == httpx.codes.SERVICE_UNAVAILABLE else said

        with httpx.Client(base_url=self.api_url, trust_env=False, verify=False, timeout=30) as client:
            return until(answer, seconds=120).raise_for_status()

    def deployments(self) -> dict[str, Any]:
        """The deployments, by name."""
        return {each["name"]: each for each in self.ask("/deployments/filter", {})}

    def allow_at_once(self, deployment: str, runs: int) -> None:
        """Let so many runs of `deployment` go on at once."""
        self._answer("PATCH", f"/deployments/{self.deployments()[deployment]['id']}", {"concurrency_limit": runs})

    def create_run(self, deployment: str, **body: Any) -> str:
        """Ask for a run of `deployment`; its id."""
        return str(self.ask(f"/deployments/{self.deployments()[deployment]['id']}/create_flow_run", body)["id"])

    def state(self, run_id: str) -> tuple[str, str]:
        """The run's state, and its message."""
        state = self.ask(f"/flow_runs/{run_id}")["state"]
        return state["name"], state["message"] or ""

    def until_state(self, run_id: str, *states: str, seconds: float = 240) -> tuple[str, str]:
        """The run's state, and its message, as soon as it is one of `states`."""

        def reached() -> tuple[str, str] | None:
            state = self.state(run_id)
            return state if state[0] in states else None

        return until(reached, seconds=seconds, every=0.5)

    def flow_process(self, run_id: str) -> int:
        """The process that carries out a run, as soon as there is one."""
        wanted = f"PREFECT__FLOW_RUN_ID={run_id}".encode()

        def found() -> int:
            for path in Path("/proc").glob("[0-9]*/environ"):
                with suppress(OSError):
                    if wanted in path.read_bytes().split(b"\0") and is_alive(int(path.parent.name)):
                        return int(path.parent.name)
            return 0

        return until(found, seconds=240)
