"""A report as one HTML page that carries all it needs: no script, no request, readable on paper and on a phone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sereno.reports.build import human_bytes, human_count
from sereno.reports.charts import image_address
from sereno.reports.model import Report, ReportTable
from sereno.reports.presentation import MARKS, facts, failed_first, figures

if TYPE_CHECKING:
    from jinja2 import Template

_TEMPLATES = Path(__file__).parent / "templates"


def render(report: Report) -> bytes:
    """The page, UTF-8."""
    return page(report, charts={}, tables=())


def page(report: Report, *, charts: Mapping[str, str], tables: Sequence[ReportTable]) -> bytes:
    """The page with charts, which are SVG texts by what they say in words, and tables."""
    missed, passed = failed_first(report.findings)
    text = _template().render(
        report=report,
        mark=MARKS[report.result],
        verdict=report.result.value.capitalize(),
        facts=facts(report),
        figures=figures(report),
        charts=[(alternative, image_address(svg)) for alternative, svg in charts.items()],
        tables=tables,
        missed=missed,
        passed=passed,
        count=human_count,
        size=human_bytes,
    )
    return text.encode()


@cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("report.html.j2")
