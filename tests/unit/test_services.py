from __future__ import annotations

import logging
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from sereno import redaction, services
from sereno.services import ServicesError
from sereno.systems.model import System


def system_with(**section: Any) -> System:
    return System.model_validate(
        {
            "name": "point",
            "title": "Point",
            "timezone": "UTC",
            "database": {"url": "${POINT_URL}"},
            "services": section,
        }
    )


def noted(path: Path, word: str, *, code: int = 0) -> list[str]:
    return ["sh", "-c", f"echo {word} >> {path}; echo said {word}; exit {code}"]


def test_commands_run_in_their_order(tmp_path: Path) -> None:
    log = tmp_path / "log"
    system = system_with(stop=[noted(log, "1"), noted(log, "2")], start=[noted(log, "3"), noted(log, "4")])
    services.stop(system)
    assert services.start(system).passed
    assert log.read_text().split() == ["1", "2", "3", "4"]


def test_when_one_does_not_stop_the_others_are_started_again(tmp_path: Path) -> None:
    log = tmp_path / "log"
    stop = [noted(log, "one"), noted(log, "two", code=3), noted(log, "three")]
    with pytest.raises(ServicesError, match=r"nothing was begun.*ended with 3: said two$"):
        services.stop(system_with(stop=stop, start=[noted(log, "again")]))
    assert log.read_text().split() == ["one", "two", "again"]


def test_when_one_does_not_start_the_others_are_started_all_the_same(tmp_path: Path) -> None:
    log = tmp_path / "log"
    finding = services.start(system_with(start=[noted(log, "one", code=1), noted(log, "two")]))
    assert (finding.passed, finding.required) == (False, True)
    assert "ended with 1: said one" in finding.evidence
    assert log.read_text().split() == ["one", "two"]


def test_a_command_that_takes_too_long_or_is_not_there_counts_as_failed() -> None:
    with pytest.raises(ServicesError, match="did not end within 1 s"):
        services.stop(system_with(stop=[["sleep", "600"]], timeout_seconds=1))
    with pytest.raises(ServicesError, match="cannot be run: No such file"):
        services.stop(system_with(stop=[["/no/such/program"]]))


def test_a_service_that_stays_behind_does_not_hold_up_its_command(tmp_path: Path) -> None:
    noted = tmp_path / "process"
    command = ["sh", "-c", f"sleep 600 & echo $! > {noted}; echo started"]
    assert services.start(system_with(start=[command], timeout_seconds=300)).passed
    os.kill(int(noted.read_text()), signal.SIGKILL)  # it is still there; its command would have been ended with it


def test_no_shell_reads_the_arguments(tmp_path: Path) -> None:
    program = "import sys, pathlib; pathlib.Path(sys.argv[1]).write_text(sys.argv[2])"
    services.stop(system_with(stop=[[sys.executable, "-c", program, str(tmp_path / "out"), "$HOME; *"]]))
    assert (tmp_path / "out").read_text() == "$HOME; *"


def test_secrets_do_not_reach_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, logger="sereno.commands")
    redaction.remember("hush-hush-word")
    services.stop(system_with(stop=[["sh", "-c", "echo hush-hush-word"]]))
    assert "it said: ***" in caplog.text
    assert "hush-hush-word" not in caplog.text
