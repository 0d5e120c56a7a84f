"""What is printed can be read by people, by pipes and by programs, and holds no secret."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime

import pytest

from sereno import redaction
from sereno.cli.output import print_json, print_report, print_table, print_text
from sereno.cli.progress_bar import progress_bar
from sereno.cli.reporting import exit_code, lost_report, read_report
from sereno.reports.model import Effect, Finding, Report, Result

Captured = pytest.CaptureFixture[str]
STARTED = datetime(2026, 11, 23, 2, tzinfo=UTC)


def report_with(*findings: Finding) -> Report:
    return read_report(
        job="check",
        system="point",
        started_at=STARTED,
        headline="point is ready",
        findings=findings,
        figures={"archive_bytes": 1_200_000},
    )


def test_the_first_line_answers_and_what_failed_comes_first(capsys: Captured) -> None:
    report = report_with(
        Finding(name="one", passed=True),
        Finding(name="two", passed=False, required=False, evidence="odd"),
        Finding(name="three", passed=False, evidence="missing"),
    )
    print_report(report, as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "point is ready"
    assert [line.split()[:2] for line in lines[3:6]] == [["failed", "three"], ["warning", "two"], ["passed", "one"]]
    assert "Archive  1.2 MB" in lines


def test_json_is_the_report_and_nothing_else(capsys: Captured) -> None:
    report = report_with(Finding(name="ünï", passed=True))
    print_report(report, as_json=True)
    printed = capsys.readouterr().out
    assert Report.model_validate_json(printed) == report
    assert set(json.loads(printed)) >= {"schema", "job", "system", "effect", "result", "headline", "findings"}


def test_a_pipe_gets_whole_cells_without_colours(capsys: Captured) -> None:
    identifier = "20261123T020000Z-full-1f3a5c7e"
    print_table(("id", "what"), [(identifier, "x" * 3_000), ("failed", "")])
    printed = capsys.readouterr().out
    assert identifier in printed
    assert "x" * 3_000 in printed
    assert "\x1b" not in printed
    assert all(line == line.rstrip() for line in printed.splitlines())


def test_a_terminal_folds_what_is_too_wide_and_cuts_nothing(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_table(("id", "what"), [("failed", "0123456789" * 10)])
    printed = capsys.readouterr().out
    assert "\x1b[" in printed
    assert "…" not in printed
    assert printed.count("9") == 10


def test_markup_and_escape_sequences_of_a_cell_are_shown_and_not_obeyed(capsys: Captured) -> None:
    print_table(("name",), [("[bold]:smile:[/] \x1b[31mred",)])
    assert r"[bold]:smile:[/] \x1b[31mred" in capsys.readouterr().out


def test_no_secret_is_printed(capsys: Captured) -> None:
    redaction.remember("correct-horse-battery")
    print_text("uses correct-horse-battery")
    print_table(("what",), [("uses correct-horse-battery",)])
    print_json({"uses": ["correct-horse-battery"]})
    print_report(report_with(Finding(name="uses correct-horse-battery", passed=True)), as_json=True)
    printed = capsys.readouterr().out
    assert printed.count("uses ***") == 3
    assert "correct-horse" not in printed


@pytest.mark.parametrize(("result", "code"), [(Result.PASSED, 0), (Result.FAILED, 1), (Result.REFUSED, 3)])
def test_the_result_of_a_report_is_the_exit_code(result: Result, code: int) -> None:
    assert exit_code(report_with().model_copy(update={"result": result})) == code


@pytest.mark.parametrize(
    ("parameters", "effect"),
    [({}, Effect.READ), ({"dry_run": True}, Effect.DRY_RUN), ({"dry_run": False}, Effect.LIVE)],
)
def test_a_run_that_left_no_report_gets_a_failed_one_with_its_effect(
    parameters: dict[str, bool], effect: Effect
) -> None:
    report = lost_report("restore", {"system": "point", **parameters}, STARTED, "interrupted")
    assert (report.effect, report.result, report.headline) == (effect, Result.FAILED, "interrupted")


def test_progress_is_drawn_on_a_terminal_only(capsys: Captured, monkeypatch: pytest.MonkeyPatch) -> None:
    for is_terminal in (False, True):
        monkeypatch.setattr(sys.stderr, "isatty", lambda answer=is_terminal: answer, raising=False)
        monkeypatch.setenv("TERM", "xterm")
        with progress_bar("20261123T020000Z-full-1f3a5c7e") as progress:
            progress(done=5_000_000, total=10_000_000, what="rows/1")
        captured = capsys.readouterr()
        assert captured.out == ""
        assert ("5.0/10.0 MB" in captured.err) is is_terminal
