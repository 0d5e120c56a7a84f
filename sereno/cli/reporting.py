"""Reports of verbs that only read, and the exit code that belongs to a report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sereno.errors import EXIT_DONE, EXIT_FAILED, EXIT_REFUSED
from sereno.reports.build import tally
from sereno.reports.model import Effect, Figure, Finding, Report, Result

_EXIT_CODES = {Result.PASSED: EXIT_DONE, Result.FAILED: EXIT_FAILED, Result.REFUSED: EXIT_REFUSED}


def exit_code(report: Report) -> int:
    """What a command that ends with `report` exits with."""
    return _EXIT_CODES[report.result]


def read_report(
    *,
    job: str,
    system: str,
    started_at: datetime,
    headline: str,
    findings: Sequence[Finding],
    figures: Mapping[str, Figure],
) -> Report:
    """The report of a verb that changed nothing and ends now; its findings decide the result."""
    return Report(
        job=job,
        system=system,
        effect=Effect.READ,
        result=tally(findings),
        headline=headline,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        figures=dict(figures),
        findings=tuple(findings),
    )


def lost_report(job: str, parameters: Mapping[str, Any], started_at: datetime, headline: str) -> Report:
    """The report of a run that ended now and left none of its own."""
    dry_run = not parameters["live"] if "live" in parameters else parameters.get("dry_run")
    return Report(
        job=job,
        system=parameters["system"],
        effect=Effect.READ if dry_run is None else Effect.DRY_RUN if dry_run else Effect.LIVE,
        result=Result.FAILED,
        headline=headline,
        started_at=started_at,
        finished_at=datetime.now(UTC),
    )
