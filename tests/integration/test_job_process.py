"""The process of a job as `sereno run` and `sereno smoke` see it: its report is not lost, however the process ends."""

from __future__ import annotations

import sys
from datetime import UTC, datetime

import pytest

from sereno.cli import running
from sereno.errors import SerenoError
from sereno.reports.model import Effect, Report, Result

REPORT = Report(
    job="smoke",
    system="point",
    effect=Effect.READ,
    result=Result.FAILED,
    headline="one of two",
    started_at=datetime(2026, 11, 25, tzinfo=UTC),
    finished_at=datetime(2026, 11, 25, tzinfo=UTC),
)
WRITES = f"import os, signal, time; os.write(1, {REPORT.model_dump_json().encode()!r}); os.close(1); "


@pytest.mark.parametrize(
    ("script", "code"),
    [
        (f"{WRITES} os._exit(3)", 3),
        (f"{WRITES} os.kill(os.getpid(), signal.SIGSEGV)", 1),
        (f"{WRITES} signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", 1),
    ],
)
def test_a_report_that_was_written_is_read_whatever_becomes_of_its_process(
    script: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "module_command", lambda *_: [sys.executable, "-c", script])
    monkeypatch.setattr(running, "_ENDING_SECONDS", 1.0)
    ended, output = running.carried_out([])
    report = running.report_in(output)
    assert report == REPORT
    assert running.code_with(report, ended) == code


def test_a_process_that_ended_well_without_a_report_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "module_command", lambda *_: [sys.executable, "-c", ""])
    ended, output = running.carried_out([])
    assert running.report_in(output) is None
    with pytest.raises(SerenoError, match="without a report"):
        running.without_report(ended)
    assert running.without_report(2) == 2
