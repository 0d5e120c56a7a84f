"""Reports: the one shape every job returns, and its renderings. Importing this package loads no heavy library."""

from sereno.reports.build import headline, human_bytes, human_count, human_seconds, tally
from sereno.reports.model import AuditReference, Effect, Figure, Finding, Report, ReportFile, ReportTable, Result
from sereno.reports.render import ReportFormat, file_name, redacted, render, render_markdown, render_page

__all__ = [
    "AuditReference",
    "Effect",
    "Figure",
    "Finding",
    "Report",
    "ReportFile",
    "ReportFormat",
    "ReportTable",
    "Result",
    "file_name",
    "headline",
    "human_bytes",
    "human_count",
    "human_seconds",
    "redacted",
    "render",
    "render_markdown",
    "render_page",
    "tally",
]
