"""A Prefect server for tests, on a free port, with a database of its own."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from waiting import until

_DATABASE = "prefect.db"
_AS_IT_IS = {"PREFECT_SERVER_DATABASE_MIGRATE_ON_START": "false", "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false"}
"""The database is migrated, and no test uses a block."""


def prefect_home(home: Path, factory: pytest.TempPathFactory) -> Path:
    """`home`, made, with the empty database of a Prefect server.

    Prefect takes some seconds to bring a database through the history of its schema. The first one that is asked for
    is made that way, by Prefect; the others are copies of it, whichever process of pytest-xdist asks.
    """
    shared = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    made = shared / "prefect-home"
    with (shared / "prefect-home.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (made / _DATABASE).exists():
            command = [sys.executable, "-m", "prefect", "server", "database", "upgrade", "--yes"]
            subprocess.run(command, env={**os.environ, "PREFECT_HOME": str(made)}, check=True, capture_output=True)
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(made / _DATABASE, home / _DATABASE)
    return home


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """The API's address of a server that keeps everything in `home` and is stopped at the end.

    It has no services, such as the one that plans the runs of schedules; the local stack's tests have.
    """
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "infra.local.prefect_server", "--host", "127.0.0.1", "--port", str(port)]
    with (home / "log").open("w") as log:
        server = subprocess.Popen(
            [*command, "--no-ui", "--no-services"],
            env={**os.environ, "PREFECT_HOME": str(home), **_AS_IT_IS},
            stdout=log,
            stderr=log,
        )
    try:
        until(lambda: server.poll() is not None or _answers(url), seconds=120)
        assert server.poll() is None, (home / "log").read_text()
        yield url
    finally:
        server.terminate()
        server.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/ready", trust_env=False, verify=False).is_success
    except httpx.TransportError:
        return False
