"""The settings come from the environment and `.env`; what is wrong there is one sentence and never a wait."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sereno.cli import main
from sereno.errors import ConfigurationError
from sereno.settings import load_settings

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The project's `.env`, which does not exist yet."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("SERENO_HOME")
    return tmp_path / ".env"


def test_a_setting_is_read_from_the_file(file: Path) -> None:
    assert load_settings().home == Path(".sereno")
    file.write_text("SERENO_HOME=größer\n", encoding="utf-8")
    assert load_settings().home == Path("größer")


def test_a_folder_of_that_name_is_somebody_elses(file: Path) -> None:
    file.mkdir()
    assert load_settings().home == Path(".sereno")


def test_bytes_that_are_no_text_are_named_by_file_and_line(file: Path, capsys: Captured) -> None:
    file.write_bytes(b"SERENO_ACTOR=ana\nSERENO_HOME=\xff\n")
    assert main(["check"]) == 2
    assert capsys.readouterr().err == f"sereno: {file}:2: is not UTF-8 text\n"


def test_a_pipe_is_not_waited_for(file: Path) -> None:
    os.mkfifo(file)
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read: it is no regular file"):
        load_settings()


def test_a_value_that_cannot_be_is_named_and_not_shown(file: Path, capsys: Captured) -> None:
    file.write_bytes(b"SERENO_LEDGER_URL=hunter2\0hunter2\n")
    assert main(["check"]) == 2
    sentence = "the value of SERENO_LEDGER_URL, from the environment or .env, is wrong: cannot hold the character \\0"
    assert capsys.readouterr().err == f"sereno: {sentence}\n"


def test_an_environment_that_is_no_text_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_ACTOR", "\udcff")
    with pytest.raises(ConfigurationError, match="the value of SERENO_ACTOR, from the environment or"):
        load_settings()
