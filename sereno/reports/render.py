"""`render(report, format)`: a report as the bytes of a file; nothing is rendered that was not redacted first."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC
from enum import StrEnum
from pathlib import Path
from typing import Any, Protocol

from sereno.redaction import redact_value
from sereno.reports import to_csv, to_html, to_json, to_junit, to_markdown, to_pdf, to_xlsx
from sereno.reports.model import Report, ReportTable
from sereno.reports.presentation import legible

_CONSTANTS = {"schema_", "effect", "result"}


class ReportFormat(StrEnum):
    """What a report can be written as."""

    JSON = "json"
    JUNIT = "junit"
    HTML = "html"
    CSV = "csv"
    XLSX = "xlsx"
    PDF = "pdf"
    MARKDOWN = "markdown"

    @property
    def suffix(self) -> str:
        """How a file of this format ends, with the dot."""
        return {"junit": ".junit.xml", "markdown": ".md"}.get(self.value, f".{self.value}")

    @classmethod
    def of_file(cls, path: Path) -> ReportFormat | None:
        """The format that a file of this name has; any `.xml` is JUnit. None when the name's end says nothing."""
        ending = path.suffix.lower()
        return next((one for one in cls if ending and one.suffix.endswith(ending)), None)


class Renderer(Protocol):
    """Turns a report, redacted already, into the bytes of a file. Equal reports give equal bytes."""

    def __call__(self, report: Report) -> bytes:
        """The rendering."""
        ...


_RENDERERS: dict[ReportFormat, Renderer] = {
    ReportFormat.JSON: to_json.render,
    ReportFormat.JUNIT: to_junit.render,
    ReportFormat.HTML: to_html.render,
    ReportFormat.CSV: to_csv.render,
    ReportFormat.XLSX: to_xlsx.render,
    ReportFormat.PDF: to_pdf.render,
    ReportFormat.MARKDOWN: to_markdown.render,
}


def render(report: Report, report_format: ReportFormat) -> bytes:
    """`report` as a file's content. JSON carries its texts exactly; the others with control characters spelt out."""
    safe = redacted(report)
    if report_format is not ReportFormat.JSON:
        safe = _with_texts(safe, _legible_value)
    return _RENDERERS[report_format](safe)


def render_markdown(
    report: Report,
    *,
    charts: Mapping[str, str] | None = None,
    tables: Sequence[ReportTable] = (),
    links: Mapping[str, str] | None = None,
) -> str:
    """`report` as Markdown text for an artifact; `charts` and `links` as `to_markdown.markdown` has them."""
    safe, shown = _for_people(report, tables)
    return to_markdown.markdown(safe, charts=charts, tables=shown, links=links)


def render_page(report: Report, *, charts: Mapping[str, str], tables: Sequence[ReportTable]) -> bytes:
    """`report` as an HTML page that shows `charts` and `tables` too."""
    safe, shown = _for_people(report, tables)
    return to_html.page(safe, charts={_shown_text(told): svg for told, svg in charts.items()}, tables=shown)


def redacted(report: Report) -> Report:
    """`report` with every secret masked and every lone surrogate, which no encoding takes, spelt out."""
    return _with_texts(report, lambda texts: redact_value(_encodable_value(texts)))


def file_name(report: Report, report_format: ReportFormat) -> str:
    """`point-backup-20261103T021504Z.html`; from any system and job, a name that every file system takes."""
    safe = redacted(report)
    moment = safe.started_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    stem = "-".join(
        re.sub(r"[^A-Za-z0-9_]+", "-", part).strip("-")[:60] or "unnamed" for part in (safe.system, safe.job)
    )
    return f"{stem}-{moment}{report_format.suffix}"


def _for_people(report: Report, tables: Sequence[ReportTable]) -> tuple[Report, list[ReportTable]]:
    safe = _with_texts(redacted(report), _legible_value)
    return safe, [ReportTable.model_validate(_shown_text(table.model_dump())) for table in tables]


def _shown_text(value: Any) -> Any:
    return _legible_value(redact_value(_encodable_value(value)))


def _with_texts(report: Report, change: Callable[[Any], Any]) -> Report:
    # The constants are no one's text: a password that happens to be "passed" must not make a report invalid.
    texts = report.model_dump(by_alias=False, exclude=_CONSTANTS)
    constants = report.model_dump(by_alias=False, include=_CONSTANTS)
    return Report.model_validate({**change(texts), **constants}, by_name=True)


def _legible_value(value: Any) -> Any:
    return _map_texts(value, legible)


def _encodable_value(value: Any) -> Any:
    return _map_texts(value, lambda text: text.encode("utf-8", "backslashreplace").decode())


def _map_texts(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {_map_texts(key, change): _map_texts(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_map_texts(item, change) for item in value)
    return value
