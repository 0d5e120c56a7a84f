"""One SERENO_HOME for the folder: a demo ran in it, and then the stack stays up in it."""

from __future__ import annotations

import signal
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from end_to_end.local_stack import SCALE, LocalStack, run_local, server_database


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SERENO_HOME of the folder."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="session")
def demo_run(home: Path) -> subprocess.CompletedProcess[str]:
    """`demo`, run to its end."""
    with socket.socket() as free:  # away from a stack that a developer runs
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return run_local(home, "demo", "--scale", SCALE, "--port", str(port))


@pytest.fixture(scope="session")
def taken_port() -> Iterator[int]:
    """A port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@pytest.fixture(scope="session")
def missed_run(home: Path, demo_run: subprocess.CompletedProcess[str]) -> str:
    """A run that its schedule planned for yesterday, when nothing was running."""
    with closing(sqlite3.connect(server_database(home))) as database, database:
        found = database.execute(
            "SELECT id FROM flow_run WHERE auto_scheduled AND state_type = 'SCHEDULED' ORDER BY expected_start_time"
        ).fetchone()
        assert found, "the server planned no run of any schedule"
        database.execute(
            "UPDATE flow_run SET next_scheduled_start_time = datetime('now', '-1 day') WHERE id = ?", found
        )
    return str(found[0])


@pytest.fixture(scope="session")
def stack(home: Path, missed_run: str, taken_port: int) -> Iterator[LocalStack]:
    """`up` after `demo`, asked for a port that is taken."""
    running = LocalStack.start(home, "up", "--scale", SCALE, "--port", str(taken_port)).until_ready()
    yield running
    if running.process.poll() is None:
        running.end(signal.SIGTERM)
