"""A report as an Excel workbook with two sheets, Report and Findings. Texts are only texts: no formula, no link."""

from __future__ import annotations

import io
from datetime import UTC
from decimal import Decimal
from typing import TYPE_CHECKING

from sereno.reports.model import Figure, Report, Result
from sereno.reports.presentation import MARKS, effect, failed_first, when
from sereno.reports.workbook import fitting

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

_LARGEST_EXACT = 10**15  # Excel keeps 15 digits
_COLOURS = {Result.PASSED: "#1A7F37", Result.FAILED: "#CF222E", Result.REFUSED: "#9A6700"}

Row = tuple[str, Figure]


def render(report: Report) -> bytes:
    """The bytes of the .xlsx; the same for the same report, since its creation date is the report's."""
    import xlsxwriter

    content = io.BytesIO()
    workbook = xlsxwriter.Workbook(content, {"in_memory": True})  # no temporary files: works on a read-only disk
    workbook.set_properties(
        {
            "title": f"{report.job} of {report.system}",
            "created": report.finished_at.astimezone(UTC).replace(tzinfo=None),
        }
    )
    _write_report(workbook, report)
    _write_findings(workbook, report)
    workbook.close()
    return content.getvalue()


def _write_report(workbook: Workbook, report: Report) -> None:
    sheet = workbook.add_worksheet("Report")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 90)
    verdict = {"bold": True, "font_size": 14, "font_color": _COLOURS[report.result], "valign": "top"}
    headline = workbook.add_format({**verdict, "text_wrap": True})
    _write(sheet, 0, 0, f"{MARKS[report.result]} {report.result.value.capitalize()}", workbook.add_format(verdict))
    _write(sheet, 0, 1, report.headline, headline)
    label = workbook.add_format({"font_color": "#57606A", "valign": "top"})
    value = workbook.add_format({"text_wrap": True, "align": "left", "valign": "top", "num_format": "#,##0.######"})
    whole = workbook.add_format({"text_wrap": True, "align": "left", "valign": "top", "num_format": "#,##0"})
    section = workbook.add_format({"bold": True, "bottom": 1, "bottom_color": "#AFB8C1"})
    top = 2
    for title, rows in _sections(report):
        sheet.write_string(top, 0, title, section)
        sheet.write_blank(top, 1, None, section)
        for row, (name, figure) in enumerate(rows, start=top + 1):
            _write(sheet, row, 0, name, label)
            _write(sheet, row, 1, figure, whole if isinstance(figure, int) else value)
        top += len(rows) + 2
    sheet.fit_to_pages(1, 0)


def _sections(report: Report) -> list[tuple[str, list[Row]]]:
    run: list[Row] = [
        ("system", report.system),
        ("job", report.job),
        ("effect", effect(report)),
        ("result", report.result.value),
        ("when", when(report.started_at, report.finished_at)),
        ("started at", report.started_at.isoformat()),
        ("finished at", report.finished_at.isoformat()),
        ("seconds", report.seconds),
        ("flow run", report.flow_run_id or ""),
    ]
    files: list[Row] = [
        (file.name, f"{file.path}\n{file.bytes:,} bytes\nSHA-256 {file.sha256}") for file in report.files
    ]
    audit: list[Row] = []
    if report.audit:
        audit = [("audit event", report.audit.sequence), ("audit hash", report.audit.hash)]
    sections = [("Run", run), ("Figures", list(report.figures.items())), ("Files", files), ("Audit", audit)]
    return [(title, rows) for title, rows in sections if rows]


def _write_findings(workbook: Workbook, report: Report) -> None:
    sheet = workbook.add_worksheet("Findings")
    header = workbook.add_format({"bold": True, "bottom": 1})
    text = workbook.add_format({"text_wrap": True, "valign": "top"})
    verdicts = {
        passed: workbook.add_format({"font_color": _COLOURS[result], "valign": "top"})
        for passed, result in ((True, Result.PASSED), (False, Result.FAILED))
    }
    for column, (title, width) in enumerate((("result", 10), ("required", 10), ("finding", 50), ("evidence", 90))):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, title, header)
    missed, passed = failed_first(report.findings)
    for row, finding in enumerate([*missed, *passed], start=1):
        _write(sheet, row, 0, "passed" if finding.passed else "failed", verdicts[finding.passed])
        _write(sheet, row, 1, "yes" if finding.required else "no", text)
        _write(sheet, row, 2, finding.name, text)
        _write(sheet, row, 3, finding.evidence, text)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(report.findings), 3)
    sheet.set_landscape()
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _write(sheet: Worksheet, row: int, column: int, value: Figure, style: Format) -> None:
    if value is None:
        sheet.write_blank(row, column, None, style)
    elif isinstance(value, bool):
        sheet.write_boolean(row, column, value, style)
    elif isinstance(value, int) and abs(value) < _LARGEST_EXACT:
        sheet.write_number(row, column, value, style)
    elif isinstance(value, float | Decimal) and abs(float(value)) < _LARGEST_EXACT:
        sheet.write_number(row, column, float(value), style)
    else:
        sheet.write_string(row, column, fitting(str(value)), style)
