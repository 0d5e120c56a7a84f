"""A report as Markdown for an artifact: the headline first, what failed before what passed, lists of bounded length.

Every text of a report is escaped: it can neither break a list nor bring markup, links, images or HTML of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sereno.reports.build import human_bytes, human_count, human_seconds, shortened
from sereno.reports.charts import markdown_image
from sereno.reports.model import Finding, Report, ReportTable, Result
from sereno.reports.presentation import facts, failed_first, figures

MOST_ITEMS = 100
"""How many findings that did not pass are shown, and how many that passed; a line says how many more there are."""

_LONGEST_HEADLINE = 600
_LONGEST_CELL = 300
_ICONS = {Result.PASSED: "✅", Result.FAILED: "❌", Result.REFUSED: "⛔"}
_SPECIAL = re.compile(r"([\\`*_\[\]!|~#$])")


def render(report: Report) -> bytes:
    """UTF-8 Markdown (GitHub's flavour)."""
    return markdown(report).encode()


def markdown(
    report: Report,
    *,
    charts: Mapping[str, str] | None = None,
    tables: Sequence[ReportTable] = (),
    links: Mapping[str, str] | None = None,
) -> str:
    """The artifact's text.

    Args:
        report: what it shows.
        charts: SVG texts by their alternative text, drawn before the figures.
        tables: shown before the figures.
        links: addresses of the report's files, by their paths.
    """
    missed, passed = failed_first(report.findings)
    parts = [
        f"## {_verdict(report)}: {escaped(report.headline, _LONGEST_HEADLINE)}",
        " · ".join(f"**{label}** {escaped(value)}" for label, value in facts(report)),
        _missed(missed, len(report.findings)),
        *(markdown_image(svg, alternative) for alternative, svg in (charts or {}).items()),
        *(_side_by_side(table) for table in tables),
        _figures(report),
        _files(report, links or {}),
        _passed(passed),
    ]
    if report.audit:
        parts.append(f"Recorded as audit event {human_count(report.audit.sequence)}: {escaped(report.audit.hash)}")
    return "\n\n".join(part for part in parts if part) + "\n"


def verdict_line(report: Report) -> str:
    """`✅ Passed · read · 549 ms`: what is seen of an artifact in a list of many."""
    return " · ".join((_verdict(report), report.effect.value, human_seconds(report.seconds)))


def escaped(text: str, longest: int = _LONGEST_CELL) -> str:
    """`text` on one line, cut to `longest` characters, with everything that Markdown or HTML could act on escaped."""
    line = shortened(text, longest)
    line = line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _SPECIAL.sub(r"\\\1", line).replace("://", ":\\/\\/").replace("www.", "www\\.")


def _verdict(report: Report) -> str:
    return f"{_ICONS[report.result]} {report.result.value.capitalize()}"


def _figures(report: Report) -> str:
    rows = [f"| {escaped(label)} | {escaped(value)} |" for label, value in figures(report)]
    return "\n".join(["| Figure | Value |", "| :-- | :-- |", *rows]) if rows else ""


def _missed(findings: Sequence[Finding], total: int) -> str:
    title = f"### {human_count(len(findings))} of {human_count(total, 'check')} did not pass"
    return _listed(title, [_item(each) for each in findings])


def _passed(findings: Sequence[Finding]) -> str:
    title = f"### {human_count(len(findings), 'check')} passed"
    return _listed(title, [_item(each) for each in findings])


def _side_by_side(table: ReportTable) -> str:
    rule = [":--"] * len(table.columns)
    rows = [[escaped(cell) for cell in row] for row in (table.columns, *table.rows[:MOST_ITEMS])]
    lines = [f"| {' | '.join(cells)} |" for cells in (rows[0], rule, *rows[1:])]
    return "\n".join([f"### {escaped(table.title)}\n", *lines]) + _more(len(table.rows))


def _files(report: Report, links: Mapping[str, str]) -> str:
    items = [
        f"- {_linked(file.name, links.get(file.path))}, {human_bytes(file.bytes)}: {escaped(file.path)}, "
        f"SHA-256 {escaped(file.sha256)}"
        for file in report.files
    ]
    return _listed(f"### {human_count(len(items), 'file')}", items)


def _linked(name: str, link: str | None) -> str:
    return f"[{escaped(name)}](<{link}>)" if link else f"**{escaped(name)}**"  # the UI takes no bold text in a link


def _item(finding: Finding) -> str:
    mark = "✅" if finding.passed else "❌" if finding.required else "⚠️"
    optional = "" if finding.required else " (optional)"
    evidence = f": {escaped(finding.evidence)}" if finding.evidence else ""
    return f"- {mark} **{escaped(finding.name)}**{optional}{evidence}"


def _listed(title: str, items: Sequence[str]) -> str:
    """A list and no table, since Prefect's interface cuts the cells of a table where a list wraps."""
    return "\n".join([f"{title}\n", *items[:MOST_ITEMS]]) + _more(len(items)) if items else ""


def _more(total: int) -> str:
    more = total - MOST_ITEMS
    return f"\n\n…and {human_count(more)} more: the report's files hold them all." if more > 0 else ""
