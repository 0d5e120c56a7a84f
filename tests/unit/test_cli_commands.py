"""The verbs in a small project of their own: what they answer, and the exit code they answer with."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest

from sereno.cli import main, processes, running
from sereno.reports.model import Report
from sereno.systems.schema import schema_text

SYSTEM = """\
name: {name}
title: Point integrations
timezone: Europe/Lisbon
database:
  url: ${{POINT_DATABASE_URL}}
"""
REPORT = {
    "schema": "sereno.report/1",
    "job": "backup",
    "system": "point",
    "effect": "read",
    "result": "passed",
    "headline": "all is well",
    "started_at": "2026-11-23T02:00:00Z",
    "finished_at": "2026-11-23T02:00:09Z",
}
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    for name in ("point", "till"):
        (tmp_path / "deployments" / name).mkdir(parents=True)
        (tmp_path / "deployments" / name / "system.yaml").write_text(SYSTEM.format(name=name))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POINT_DATABASE_URL", "postgresql://me:swordfish-swordfish@localhost/point")
    return tmp_path


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let a script take the place of the process that carries out jobs."""

    def carried_out_by(script: str) -> None:
        monkeypatch.setattr(running, "module_command", lambda module, words: [sys.executable, "-c", script, *words])

    return carried_out_by


def test_check_without_a_name_checks_every_system(capsys: Captured) -> None:
    assert main(["check"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("all 2 systems are ready")
    assert "point: system.yaml is right" in printed
    assert "till: system.yaml is right" in printed


def test_check_of_every_system_names_folders_that_can_be_none(capsys: Captured, project: Path) -> None:
    (project / "deployments" / "till").rename(project / "deployments" / "The Till")
    assert main(["check"]) == 1
    printed = capsys.readouterr().out
    assert "deployments/The Till cannot be the name of a system; rename it, such as the-till" in printed
    assert "point: system.yaml is right" in printed


def test_check_without_a_name_remarks_on_systems_that_are_not_set_up_here(project: Path, capsys: Captured) -> None:
    path = project / "deployments" / "till" / "system.yaml"
    path.write_text(path.read_text().replace("POINT_DATABASE_URL", "TILL_DATABASE_URL"))
    assert main(["check"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("point is ready")
    assert "not set up here: till" in printed.splitlines()[0]
    assert "TILL_DATABASE_URL is not set; `sereno check till` says all that is missing" in printed
    assert main(["check", "till"]) == 1


def test_check_without_a_name_fails_where_no_system_is_set_up(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("POINT_DATABASE_URL")
    assert main(["check"]) == 1
    assert "2 of" in capsys.readouterr().out.splitlines()[0]


def test_check_says_what_is_not_ready_and_why(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINT_DATABASE_URL")
    assert main(["check", "point", "--json"]) == 1
    report = Report.model_validate_json(capsys.readouterr().out)
    assert (report.job, report.system, report.effect, report.result) == ("check", "point", "read", "failed")
    (missing,) = [finding for finding in report.findings if not finding.passed]
    assert "POINT_DATABASE_URL" in missing.evidence


def test_check_shows_no_secret(capsys: Captured) -> None:
    assert main(["check", "--json"]) == 0
    assert "swordfish" not in capsys.readouterr().out


def test_check_of_nothing_is_a_mistake(project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    (project / "none").mkdir()
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", "none")
    assert main(["check"]) == 2
    assert "there is no system to check" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["", "../point", "/etc", "point/", "point\n", "po\0int", "x" * 100_000, "\x1b[31m"])
@pytest.mark.parametrize(
    "verb",
    [
        "check",
        "backups list",
        "backups show",
        "backups verify",
        "backups export --to exported",
        "keys list",
        "keys rotate",
        "audit list",
        "audit verify",
        "run backup",
    ],
)
def test_no_trick_in_a_system_name_gets_through(verb: str, name: str, capsys: Captured) -> None:
    assert main([*verb.split(), "--json", "--", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("sereno: ")
    assert captured.err.count("\n") == 1
    assert "\x1b" not in captured.err
    assert len(captured.err) < 1_000


def test_a_misspelt_system_is_recognised(capsys: Captured) -> None:
    assert main(["backups", "list", "piont"]) == 2
    assert "did you mean 'point'?" in capsys.readouterr().err


def test_a_system_without_backups_says_so(capsys: Captured) -> None:
    assert main(["backups", "list", "point"]) == 2
    assert "no section `backup`" in capsys.readouterr().err


def test_a_home_that_cannot_be_used_is_one_sentence(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (project / "file").touch()
    monkeypatch.setenv("SERENO_HOME", str(project / "file" / "home"))
    assert main(["audit", "list", "point"]) == 1
    assert capsys.readouterr().err.startswith("sereno: ")


def test_the_schema_is_printed_as_it_is(capsys: Captured) -> None:
    assert main(["schema"]) == 0
    assert capsys.readouterr().out == schema_text()


@pytest.mark.parametrize(
    ("words", "arguments"),
    [
        (["demo"], ["demo"]),
        (["up", "--port", "4300"], ["up", "--port=4300"]),
        (["demo", "--scale", "0.5"], ["demo", "--scale=0.5"]),
        (["deploy"], ["deploy"]),
        (["deploy", "point"], ["deploy", "--", "point"]),
    ],
)
def test_the_stack_takes_the_place_of_the_command(
    words: list[str], arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    became: list[list[str]] = []

    def become(program: str, command: list[str], environment: dict[str, str]) -> NoReturn:
        assert str(processes.CODE_ROOT) in environment["PYTHONPATH"].split(os.pathsep)
        became.append(command)
        raise SystemExit(7)

    monkeypatch.setattr(os, "execve", become)
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 7
    assert became == [[sys.executable, "-P", "-m", "infra.local", *arguments]]


@pytest.mark.parametrize(("result", "code"), [("passed", 0), ("failed", 1), ("refused", 3)])
def test_run_prints_the_one_report_and_exits_as_the_job_did(result: str, code: int, job: Any, capsys: Captured) -> None:
    job(f"import sys; sys.stdout.write({json.dumps({**REPORT, 'result': result})!r}); sys.exit({code})")
    assert main(["run", "backup", "point", "kind=full", "--json"]) == code
    report = Report.model_validate_json(capsys.readouterr().out)
    assert (report.result, report.headline) == (result, "all is well")


def test_run_hands_the_words_on_unchanged(job: Any, capfd: Captured) -> None:
    job("import sys; sys.stderr.write(repr(sys.argv[1:])); sys.exit(2)")
    words = ["backup", "point", "a=line\nbreak", "b=", "c=$(id)", "d=ü" + "x" * 5_000]
    assert main(["run", *words]) == 2
    captured = capfd.readouterr()
    assert captured.out == ""
    assert captured.err == repr(words)


@pytest.mark.parametrize(
    "script", ["print('hello')", "print()", "print('{}')", f"print('''{json.dumps(REPORT)}''' * 2)"]
)
def test_a_job_that_ends_well_without_a_report_has_failed(script: str, job: Any, capsys: Captured) -> None:
    job(script)
    assert main(["run", "backup", "point"]) == 1
    assert capsys.readouterr().err == "sereno: the job ended without a report; its log is above\n"


def test_a_job_that_is_killed_has_failed(job: Any, capsys: Captured) -> None:
    job("import os; os.kill(os.getpid(), 9)")
    assert main(["run", "backup", "point"]) == 1
    assert "SIGKILL" in capsys.readouterr().err


@pytest.fixture
def a_terminal_that_hangs_up() -> Iterator[None]:
    """Take SIGHUP also where the tests were started by nohup, which ignores it for every process below."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.mark.usefixtures("a_terminal_that_hangs_up")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_a_signal_interrupts_the_job_which_still_reports(name: str, job: Any, capsys: Captured) -> None:
    job(
        "import os, signal, sys, time\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "try:\n"
        f"    os.kill(os.getppid(), signal.{name}); time.sleep(60)\n"
        "except KeyboardInterrupt:\n"
        f"    sys.stdout.write({json.dumps({**REPORT, 'result': 'failed'})!r}); sys.exit(130)"
    )
    assert main(["run", "backup", "point", "--json"]) == 130
    assert Report.model_validate_json(capsys.readouterr().out).result == "failed"


@pytest.mark.parametrize("name", ["__main__", "../backup", "flows.backup", "", "backup\n"])
def test_no_trick_in_a_job_name_starts_anything(name: str, job: Any, capsys: Captured) -> None:
    job("raise SystemExit(99)")
    assert main(["run", "--", name, "point"]) == 2
    assert "there is no job" in capsys.readouterr().err
