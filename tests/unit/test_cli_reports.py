"""`--report FILE` and `sereno report render`: the format follows from the name, and nothing runs for a wrong one."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from sereno.cli import main, running
from sereno.reports import ReportFormat
from sereno.reports.model import Report

SYSTEM = "name: point\ntitle: Point\ntimezone: Europe/Lisbon\ndatabase: {url: '${POINT_DATABASE_URL}'}\n"
REPORT = {
    "schema": "sereno.report/1",
    "job": "backup",
    "system": "point",
    "effect": "read",
    "result": "failed",
    "headline": "1 of 2 checks failed: rows of users",
    "started_at": "2026-11-23T02:00:00Z",
    "finished_at": "2026-11-23T02:00:09Z",
    "findings": [
        {"name": "rows of plans", "passed": True},
        {"name": "rows of users", "passed": False, "evidence": "password=swordfish-swordfish"},
    ],
}
BEGINNINGS = {"json": b"{", "xml": b"<?xml", "html": b"<!", "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "pdf": b"%PDF-"}
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    (tmp_path / "deployments" / "point").mkdir(parents=True)
    (tmp_path / "deployments" / "point" / "system.yaml").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("POINT_DATABASE_URL", "postgresql://localhost/point")
    return tmp_path


@pytest.fixture
def job(monkeypatch: pytest.MonkeyPatch, project: Path) -> Callable[[int], None]:
    """Let a script that leaves a mark, prints the report and exits with a code carry out jobs."""

    def exits_with(code: int) -> None:
        script = (
            f"import sys; open('ran', 'w'); sys.stdout.write({json.dumps(REPORT)!r}); sys.stdout.flush(); "
            f"sys.exit({code})"
        )
        monkeypatch.setattr(running, "module_command", lambda module, words: [sys.executable, "-c", script])

    return exits_with


def test_run_writes_the_report_in_every_format_asked_for_and_still_prints_it(
    job: Callable[[int], None], project: Path, capsys: Captured
) -> None:
    job(1)
    words = [word for suffix in BEGINNINGS for word in ("--report", f"out.{suffix}")]
    assert main(["run", "backup", "point", "kind=full", *words, "--json"]) == 1
    assert Report.model_validate_json(capsys.readouterr().out).headline == REPORT["headline"]
    for suffix, beginning in BEGINNINGS.items():
        content = (project / f"out.{suffix}").read_bytes()
        assert content.startswith(beginning), suffix
        assert b"swordfish" not in content, suffix
    assert Report.model_validate_json((project / "out.json").read_bytes()).result == "failed"
    assert not list(project.glob(".*.tmp"))


@pytest.mark.parametrize("code", [0, 1, 2, 3, 130])
def test_the_exit_code_of_the_job_is_not_changed_by_its_files(job: Callable[[int], None], code: int) -> None:
    job(code)
    assert main(["run", "backup", "point", "--report", "out.junit.xml"]) == code
    suite = ElementTree.parse("out.junit.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures")) == ("2", "1")


@pytest.mark.parametrize("verb", ["run backup point", "check", "backups verify point", "audit verify point"])
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("report", "the name of the report 'report' says no format: it may end with .json, .xml, "),
        ("report.docx", "the name of the report 'report.docx' says no format: "),
        (".json", "the name of the report '.json' says no format: "),
        ("", "the name of the report '.' says no format: "),
        ("none/report.json", "the report 'none/report.json' cannot be written there: its folder does not exist"),
        ("folder.json", "the report 'folder.json' cannot be written there: it is a folder itself"),
        ("x" * 1_000 + ".json", "the report 'xxx"),
        ("a\nb.docx", "the name of the report 'a\\nb.docx' says no format: "),
    ],
)
def test_a_file_that_cannot_be_written_is_one_sentence_before_anything_runs(
    verb: str, name: str, sentence: str, job: Callable[[int], None], project: Path, capsys: Captured
) -> None:
    job(0)
    (project / "folder.json").mkdir()
    assert main([*verb.split(), "--report", "good.json", "--report", name]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith(f"sereno: {sentence}")
    assert captured.err.count("\n") == 1
    assert not (project / "ran").exists()
    assert not (project / "good.json").exists()


def test_a_folder_that_may_not_be_written_is_named_before_anything_runs(
    monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    monkeypatch.setattr("sereno.cli.report_files.os.access", lambda path, mode: False)  # root may write everywhere
    assert main(["check", "--report", "out.json"]) == 2
    assert "its folder may not be written" in capsys.readouterr().err


def test_a_disk_that_fills_up_meanwhile_fails_the_command_and_hides_no_other_file(
    job: Callable[[int], None], project: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    job(0)
    faults, real = [OSError(28, "No space left on device")], os.fsync

    def full_once(descriptor: int) -> None:
        if faults:
            raise faults.pop()
        real(descriptor)

    monkeypatch.setattr("sereno.whole_files.os.fsync", full_once)
    assert main(["run", "backup", "point", "--report", "first.json", "--report", "second.json"]) == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("1 of 2 checks failed")
    assert captured.err == "sereno: the file first.json could not be written: No space left on device\n"
    assert not (project / "first.json").exists()
    assert (project / "second.json").exists()


def test_check_writes_junit_for_ci(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["check", "--report", "check.xml"]) == 0
    monkeypatch.delenv("POINT_DATABASE_URL")
    assert main(["check", "point", "--report", "check.XML"]) == 1
    passed, failed = (ElementTree.parse(name).getroot()[0] for name in ("check.xml", "check.XML"))
    assert passed.get("failures") == "0"
    assert failed.get("failures") == "1"


def test_audit_verify_writes_its_report(project: Path) -> None:
    assert main(["audit", "verify", "point", "--report", "audit.json"]) == 0
    assert Report.model_validate_json((project / "audit.json").read_bytes()).job == "audit_verify"


def test_a_report_that_was_kept_can_be_rendered_later(project: Path, capsys: Captured) -> None:
    (project / "kept.json").write_text(json.dumps(REPORT))
    assert main(["report", "render", "kept.json", "--to", "kept.pdf", "--to", "kept.xml"]) == 0
    assert (project / "kept.pdf").read_bytes().startswith(b"%PDF-")
    assert ElementTree.parse("kept.xml").getroot()[0].get("failures") == "1"
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(None, "cannot be read: No such file"), ("{}", "is no report"), ("x", "is no report"), ("\0", "is no report")],
)
def test_what_is_no_report_is_not_rendered(content: str | None, sentence: str, project: Path, capsys: Captured) -> None:
    if content is not None:
        (project / "kept.json").write_text(content)
    assert main(["report", "render", "kept.json", "--to", "kept.pdf"]) == 2
    assert f"sereno: 'kept.json' {sentence}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["/dev/zero", "pipe", "folder"])
def test_only_a_regular_file_is_rendered(name: str, project: Path, capsys: Captured) -> None:
    os.mkfifo(project / "pipe")
    (project / "folder").mkdir()
    assert main(["report", "render", name, "--to", "kept.pdf"]) == 2
    assert capsys.readouterr().err == f"sereno: '{name}' cannot be read: it is no regular file\n"


def test_a_report_of_more_than_64_mebibytes_is_not_rendered(project: Path, capsys: Captured) -> None:
    with (project / "kept.json").open("wb") as file:
        file.truncate(64 * 1024 * 1024 + 1)
    assert main(["report", "render", "kept.json", "--to", "kept.pdf"]) == 2
    assert capsys.readouterr().err == "sereno: 'kept.json' is larger than 67,108,864 bytes\n"


@pytest.mark.parametrize("report_format", list(ReportFormat))
def test_a_name_with_the_suffix_of_a_format_has_that_format(report_format: ReportFormat) -> None:
    assert ReportFormat.of_file(Path(f"a.b{report_format.suffix}")) is report_format
