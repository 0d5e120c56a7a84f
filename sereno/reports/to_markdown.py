"""A report as Markdown for an artifact: the headline first, what failed before what passed, tables of bounded length.

Every text of a report is escaped: it can neither break a table nor bring markup, links, images or HTML of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sereno.reports.build import human_bytes, human_count, shortened
from sereno.reports.charts import markdown_image
from sereno.reports.model import Finding, Report, ReportTable, Result
from sereno.reports.presentation import facts, failed_first, figures

MOST_ROWS = 100
"""How many findings that did not pass are shown, and how many that passed; a line says how many more there are."""

_LONGEST_HEADLINE = 600
_LONGEST_CELL = 300
_ICONS = {Result.PASSED: "✅", Result.FAILED: "❌", Result.REFUSED: "⛔"}
_SPECIAL = re.compile(r"([\\`*_\[\]!|~#$])")


def render(report: Report) -> bytes:
    """UTF-8 Markdown (GitHub's flavour)."""
    return markdown(report).encode()


def markdown(report: Report, *, charts: Mapping[str, str] | None = None, tables: Sequence[ReportTable] = ()) -> str:
    """The artifact's text; `charts` are SVG texts by their alternative text, drawn between figures and findings."""
    missed, passed = failed_first(report.findings)
    verdict = report.result.value.capitalize()
    parts = [
        f"## {_ICONS[report.result]} {verdict}: {escaped(report.headline, _LONGEST_HEADLINE)}",
        " · ".join(f"**{label}** {escaped(value)}" for label, value in facts(report)),
        _figures(report),
        *(markdown_image(svg, alternative) for alternative, svg in (charts or {}).items()),
        _missed(missed, len(report.findings)),
        _passed(passed),
        *(_side_by_side(table) for table in tables),
        _files(report),
    ]
    if report.audit:
        parts.append(f"Recorded as audit event {human_count(report.audit.sequence)}: {escaped(report.audit.hash)}")
    return "\n\n".join(part for part in parts if part) + "\n"


def escaped(text: str, longest: int = _LONGEST_CELL) -> str:
    """`text` on one line, cut to `longest` characters, with everything that Markdown or HTML could act on escaped."""
    line = shortened(text, longest)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", line).replace("://", "&#58;//").replace("www.", "www&#46;")


def _figures(report: Report) -> str:
    rows = [f"| {escaped(label)} | {escaped(value)} |" for label, value in figures(report)]
    return "\n".join(["| Figure | Value |", "| :-- | --: |", *rows]) if rows else ""


def _missed(findings: Sequence[Finding], total: int) -> str:
    if not findings:
        return ""
    title = f"### {human_count(len(findings))} of {human_count(total, 'check')} did not pass"
    rows = [f"| {'❌' if finding.required else '⚠️ optional:'} {_cells(finding)}" for finding in findings[:MOST_ROWS]]
    return f"{title}\n\n{_table(rows)}{_more(len(findings))}"


def _passed(findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    rows = [f"| ✅ {_cells(finding)}" for finding in findings[:MOST_ROWS]]
    summary = f"<details>\n<summary>{human_count(len(findings), 'check')} passed</summary>"
    return f"{summary}\n\n{_table(rows)}{_more(len(findings))}\n\n</details>"


def _table(rows: Sequence[str]) -> str:
    return "\n".join(["| Check | Evidence |", "| :-- | :-- |", *rows])


def _cells(finding: Finding) -> str:
    return f"{escaped(finding.name)} | {escaped(finding.evidence)} |"


def _more(total: int) -> str:
    more = total - MOST_ROWS
    return f"\n\n…and {human_count(more)} more: the report's files hold them all." if more > 0 else ""


def _side_by_side(table: ReportTable) -> str:
    lines = [table.columns, tuple(":--" for _ in table.columns), *table.rows[:MOST_ROWS]]
    cells = [" | ".join(cell if line is lines[1] else escaped(cell) for cell in line) for line in lines]
    return "\n".join([f"### {escaped(table.title)}\n", *(f"| {line} |" for line in cells)]) + _more(len(table.rows))


def _files(report: Report) -> str:
    rows = [
        f"| {escaped(file.name)} | {human_bytes(file.bytes)} | {escaped(file.path)} | {escaped(file.sha256)} |"
        for file in report.files[:MOST_ROWS]
    ]
    heading = ["| File | Size | Where | SHA-256 |", "| :-- | --: | :-- | :-- |"]
    return "\n".join([*heading, *rows]) + _more(len(report.files)) if rows else ""
