"""A page as one HTML file that carries all it needs: charts as images, no script, no request."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sereno.compliance.report.page import Page
from sereno.reports.charts import bar_chart, image_address, line_chart

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

_TEMPLATES = Path(__file__).parent / "templates"
_PROOF = re.compile(r"E(\d+)")


def render(page: Page) -> bytes:
    """The file, UTF-8."""
    text = _template().render(
        page=page,
        charts=[(alternative, image_address(svg)) for alternative, svg in charts_of(page).items()],
        linked=_linked,
    )
    return text.encode()


def charts_of(page: Page) -> dict[str, str]:
    """SVG texts by what they say in words: how the score moved, and what would raise it."""
    charts = {}
    if len(page.trend) > 1:
        said = f"{page.trend_title}: {', '.join(f'{day} {score}' for day, score in page.trend)}"
        charts[said] = line_chart(page.trend_title, page.trend, "")
    if page.raises:
        said = f"{page.raises_title}: {', '.join(f'{name} {score}' for name, score in page.raises)}"
        charts[said] = bar_chart(page.raises_title, page.raises, "")
    return charts


def _linked(cell: str) -> Markup:
    """`E1, E2` with links to the evidence of these numbers."""
    from markupsafe import Markup, escape

    return Markup(_PROOF.sub(r'<a href="#E\1">E\1</a>', str(escape(cell))))  # noqa: S704 (escaped before)


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
    return environment.get_template("compliance.html.j2")
