"""A report's findings as CSV (RFC 4180): UTF-8 with the byte order mark that spreadsheets need to read it as such.

Each row names its run, so that files of many runs can be put under one another. A cell that a spreadsheet would
take for a formula (it begins with `=`, `+`, `-`, `@`, their full-width forms, a tab or a line break) gets a leading
apostrophe; a reader that wants the exact text takes the JSON.
"""

from __future__ import annotations

import csv
import io

from sereno.reports.model import Finding, Report

COLUMNS = ("system", "job", "effect", "finished_at", "finding", "result", "required", "evidence")

_FORMULA_STARTS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")  # noqa: RUF001


def render(report: Report) -> bytes:
    """One row per finding under a header row; lines end with CR LF."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([neutralised(cell) for cell in _row(report, finding)] for finding in report.findings)
    return text.getvalue().encode("utf-8-sig")


def neutralised(cell: str) -> str:
    """`cell`, with an apostrophe before it when a spreadsheet would run it."""
    return f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell


def _row(report: Report, finding: Finding) -> tuple[str, ...]:
    return (
        report.system,
        report.job,
        report.effect.value,
        report.finished_at.isoformat(),
        finding.name,
        "passed" if finding.passed else "failed",
        "yes" if finding.required else "no",
        finding.evidence,
    )
