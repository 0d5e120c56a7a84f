"""However a command ends, there is an exit code for it and a sentence, and no secret in either."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from sereno import redaction
from sereno.cli.failures import guarded
from sereno.errors import ConfigurationError, IntegrityError, RefusedError, SystemUnavailableError

Captured = pytest.CaptureFixture[str]


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> NoReturn:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ConfigurationError("the file is wrong"), 2),
        (RefusedError("the file is wrong"), 3),
        (IntegrityError("the file is wrong"), 1),
        (SystemUnavailableError("the file is wrong"), 1),
    ],
)
def test_a_foreseen_error_is_its_message_and_its_own_exit_code(error: Exception, code: int, capsys: Captured) -> None:
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err == "sereno: the file is wrong\n"


def test_an_interruption_exits_with_130(capsys: Captured) -> None:
    assert guarded(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err == "sereno: interrupted\n"


def test_an_unforeseen_error_says_how_to_see_its_traceback(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    assert guarded(raising(LookupError("odd"))) == 1
    assert capsys.readouterr().err == (
        "sereno: this is a defect of Sereno (set SERENO_DEBUG=1 to see where): LookupError: odd\n"
    )
    monkeypatch.setenv("SERENO_DEBUG", "1")
    assert guarded(raising(LookupError("odd"))) == 1
    assert "Traceback" in capsys.readouterr().err


def test_no_secret_is_in_a_message_nor_in_a_traceback(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    redaction.remember("hunter2-hunter2")
    monkeypatch.setenv("SERENO_DEBUG", "1")
    assert guarded(raising(ConfigurationError("cannot use hunter2-hunter2"))) == 2
    assert guarded(raising(LookupError("postgresql://me:hunter3-hunter3@db/x"))) == 1
    said = capsys.readouterr().err
    assert "hunter" not in said
    assert "cannot use ***" in said


@pytest.mark.parametrize(
    "error", [OSError(28, "No space left on device"), PermissionError(13, "Permission denied", "x")]
)
def test_an_error_of_the_machine_is_one_sentence(error: OSError, capsys: Captured) -> None:
    with open(os.devnull, "w") as nowhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", nowhere)
        assert guarded(raising(error)) == 1
    assert str(error.strerror) in capsys.readouterr().err


def test_a_working_directory_that_is_gone_is_called_by_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    with open(os.devnull, "w") as nowhere, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", nowhere)
        assert guarded(lambda: len(str(Path.cwd()))) == 1
    assert "working directory does not exist" in capsys.readouterr().err


def test_a_closed_stream_is_no_reason_to_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdout", None)
        patch.setattr(sys, "stderr", None)
        assert guarded(lambda: 0) == 0
        assert guarded(raising(ConfigurationError("nobody reads this"))) == 2


@pytest.mark.parametrize(
    ("words", "code"), [("schema", 0), ("--help", 0), ("check --help", 0), ("version", 0), ("nonsense", 2)]
)
def test_a_reader_that_went_away_changes_no_exit_code_and_is_not_spoken_of(words: str, code: int) -> None:
    root = Path(__file__).resolve().parents[2]
    command = subprocess.Popen(
        [sys.executable, "-m", "sereno", *words.split()], cwd=root, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert command.stdout is not None
    command.stdout.close()
    _, said = command.communicate()
    assert (command.returncode, said.count(b"\n")) == (code, 1 if code else 0)


def test_a_reader_of_complaints_that_went_away_changes_no_exit_code() -> None:
    root = Path(__file__).resolve().parents[2]
    command = subprocess.Popen([sys.executable, "-m", "sereno", "nonsense"], cwd=root, stderr=subprocess.PIPE)
    assert command.stderr is not None
    command.stderr.close()
    assert command.wait() == 2
