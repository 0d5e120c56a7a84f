"""What remains when a part of the stack, or the whole of it, is killed while it starts: nothing."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from end_to_end.local_stack import LocalStack, below, is_alive, run_local
from integration.prefect_server import prefect_home
from waiting import until

_PARTS = ("prefect_server", "demo_system", "bin/postgres")


@pytest.fixture
def used_home(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SERENO_HOME in which a server has run before."""
    prefect_home(tmp_path / "prefect", tmp_path_factory)
    return tmp_path


@pytest.fixture
def starting(used_home: Path) -> LocalStack:
    """A stack whose first parts run."""
    running = LocalStack.start(used_home, "up", "--scale", "0.02")
    for part in _PARTS:
        running.child(part)
    return running


def _gone(pids: dict[int, str]) -> bool:
    return not any(is_alive(pid) for pid in pids)


@pytest.mark.slow
def test_a_port_that_somebody_takes_while_the_server_starts_is_left_to_them(used_home: Path) -> None:
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", 0))
        port = somebody.getsockname()[1]
    running = LocalStack.start(used_home, "up", "--scale", "0.02", "--port", str(port))
    running.child("prefect_server")
    with socket.socket() as somebody:
        somebody.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        somebody.bind(("127.0.0.1", port))
        somebody.listen()
        try:
            until(lambda: "starting the worker" in running.output or not is_alive(running.process.pid), seconds=240)
            assert f"took http://127.0.0.1:{port}/api while our server was starting" in running.output
        finally:
            assert running.end(signal.SIGINT) == 130
    assert f"port {port} is in use; taking" in running.output


def test_a_part_that_dies_is_named_with_its_last_words_and_everything_stops(starting: LocalStack) -> None:
    started = below(starting.process.pid)
    os.kill(starting.child("prefect_server"), signal.SIGKILL)
    assert starting.process.wait(60) == 1
    assert "the server ended by SIGKILL; the last lines of" in starting.output
    assert "Traceback" not in starting.output
    assert _gone(started)


def test_nothing_survives_when_the_stack_itself_is_killed(starting: LocalStack) -> None:
    started = below(starting.process.pid)
    starting.end(signal.SIGKILL)
    until(lambda: _gone(started), seconds=120)


@pytest.mark.slow
def test_ctrl_c_while_it_starts_ends_it_with_130_and_leaves_nothing(starting: LocalStack) -> None:
    started = below(starting.process.pid)
    assert starting.end(signal.SIGINT) == 130
    assert _gone(started)
    assert "Traceback" not in starting.output


def test_down_stops_a_stack_that_starts(starting: LocalStack) -> None:
    started = below(starting.process.pid)
    done = run_local(starting.home, "down")
    assert done.returncode == 0, done.stderr
    assert str(starting.process.pid) in done.stdout
    assert starting.process.wait(10) == 130
    assert _gone(started)
    assert "Traceback" not in starting.output
