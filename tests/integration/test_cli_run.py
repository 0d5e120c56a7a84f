"""`sereno run` for real: on a server of its own and on one that runs, from any directory, refused and interrupted."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import httpx
import psycopg
import pytest

from infra.demo.system import DemoSystem
from integration.prefect_server import prefect_home
from sereno.backup import write
from sereno.cli import main
from sereno.reports.model import Effect, Report, Result
from sereno.systems.loader import load_system
from waiting import until

ROOT = Path(__file__).resolve().parents[2]
Ended = subprocess.CompletedProcess[str]
Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def environment(demo: DemoSystem, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Of a command that finds the checkout from anywhere."""
    return {
        **os.environ,
        "SERENO_HOME": str(demo.folder.parent),
        "PREFECT_HOME": str(prefect_home(tmp_path_factory.mktemp("prefect"), tmp_path_factory)),
        "PYTHONPATH": os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]),
    }


@pytest.fixture
def sereno(environment: dict[str, str], tmp_path: Path) -> Callable[..., Ended]:
    """Run `sereno` in a directory that is not the project's, and has a package `flows` of its own."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__main__.py").write_text("raise SystemExit('the wrong flows')")

    def run(*words: str, **more: str) -> Ended:
        command = [sys.executable, "-m", "sereno", *words]
        return subprocess.run(
            command, cwd=tmp_path, env={**environment, **more}, capture_output=True, text=True, timeout=240, check=False
        )

    return run


def test_without_a_server_the_job_gets_one_and_only_the_report_is_on_stdout(
    sereno: Callable[..., Ended], demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    ended = sereno("run", "backup", "demo", "kind=full", "--json")
    assert ended.returncode == 0, ended.stderr
    report = Report.model_validate_json(ended.stdout)
    assert (report.job, report.system, report.effect, report.result) == ("backup", "demo", Effect.READ, Result.PASSED)
    assert report.audit is not None
    assert ended.stderr.startswith("sereno: no PREFECT_API_URL is set")
    assert "Task run 'write full backup'" in ended.stderr

    (tmp_path / "report.json").write_text(ended.stdout)
    monkeypatch.setenv("SERENO_HOME", str(demo.folder.parent))
    assert main(["audit", "verify", "demo", "--against", str(tmp_path / "report.json")]) == 0
    assert "1 anchors" in capsys.readouterr().out
    assert main(["backups", "verify", "demo", str(report.figures["backup"])]) == 0


def test_a_live_run_that_is_not_confirmed_is_refused_with_a_report(sereno: Callable[..., Ended], api_url: str) -> None:
    ended = sereno("run", "restore", "demo", "dry_run=false", "--json", PREFECT_API_URL=api_url)
    assert ended.returncode == 3, ended.stderr
    report = Report.model_validate_json(ended.stdout)
    assert (report.effect, report.result) == (Effect.LIVE, Result.REFUSED)
    assert "confirm_live=YES" in report.headline


@pytest.mark.slow
def test_a_target_that_nobody_declared_is_a_matter_of_configuration(
    sereno: Callable[..., Ended], api_url: str, demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(demo.folder.parent))
    write.write(load_system("demo"))
    words = ("run", "restore", "demo", "target=nowhere", "--json", "--report", "report.xml")
    ended = sereno(*words, PREFECT_API_URL=api_url)
    assert ended.returncode == 2, ended.stderr
    report = Report.model_validate_json(ended.stdout)
    assert (report.effect, report.result) == (Effect.DRY_RUN, Result.FAILED)
    assert "no restore target 'nowhere'" in report.headline
    assert report.audit is not None
    suite = ElementTree.parse(tmp_path / "report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("errors")) == ("1", "1")


@pytest.mark.slow
def test_a_secret_that_the_run_does_not_find_is_a_matter_of_configuration(
    sereno: Callable[..., Ended], api_url: str, demo: DemoSystem, tmp_path: Path
) -> None:
    home = tmp_path / "home" / "demo"
    shutil.copytree(demo.folder / "secrets", home / "secrets", ignore=lambda *_: ["backup_passphrase"])
    (home / "backups").mkdir()
    ended = sereno("run", "backup", "demo", "--json", PREFECT_API_URL=api_url, SERENO_HOME=str(home.parent))
    assert ended.returncode == 2, ended.stderr
    assert "backup_passphrase" in Report.model_validate_json(ended.stdout).headline


def test_an_interrupted_run_reports_at_once_and_is_crashed_on_the_server(
    environment: dict[str, str], api_url: str, demo: DemoSystem
) -> None:
    with psycopg.connect(demo.url) as holder, psycopg.connect(demo.superuser_url, autocommit=True) as watcher:
        holder.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
        running = subprocess.Popen(
            [sys.executable, "-m", "sereno", "run", "backup", "demo", "--json"],
            cwd=ROOT,
            env={**environment, "PREFECT_API_URL": api_url},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        waiting = "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        until(lambda: watcher.execute(waiting).fetchone(), seconds=240)
        running.send_signal(signal.SIGINT)
        output, log = running.communicate(timeout=240)
        holder.rollback()
    assert running.returncode == 130, log.decode()
    report = Report.model_validate_json(output)
    assert (report.result, report.headline) == (Result.FAILED, "the run was interrupted before its end")
    body = {"sort": "START_TIME_DESC", "limit": 1}
    (last,) = httpx.post(f"{api_url}/flow_runs/filter", json=body, trust_env=False).json()
    assert last["state"]["type"] == "CRASHED"


def test_a_server_that_does_not_answer_is_one_sentence(sereno: Callable[..., Ended]) -> None:
    ended = sereno("run", "backup", "demo", "--json", PREFECT_API_URL="http://127.0.0.1:9/api")
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("sereno: the Prefect server http://127.0.0.1:9/api does not answer")
    assert ended.stderr.count("\n") == 1


def test_a_wrong_parameter_is_one_sentence_that_names_what_is_allowed(sereno: Callable[..., Ended]) -> None:
    ended = sereno("run", "backup", "demo", "knd=full")
    sentence = "there is no parameter of backup 'knd'; did you mean 'kind'? there are: kind, tables, content_digests"
    assert (ended.returncode, ended.stdout, ended.stderr) == (2, "", f"sereno: {sentence}\n")


def test_the_program_behind_it_explains_its_use(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "flows"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "python -m flows JOB SYSTEM" in ended.stderr
