"""The last step of every job."""

from __future__ import annotations

from prefect.artifacts import acreate_markdown_artifact

from sereno import publishing
from sereno.reports import ReportFormat, render_markdown
from sereno.reports.model import Draft, Report
from sereno.reports.to_markdown import verdict_line
from sereno.settings import load_settings
from tasks.run_context import current_job
from tasks.step import NETWORK, step

_seal = step(publishing.publish, name="publish", retry=NETWORK)


async def publish(draft: Draft) -> Report:
    """Seal the report in the audit chain, write its files, and show it as an artifact of the run."""
    report = await _seal(draft, current_job())
    page = publishing.report_path(report, ReportFormat.HTML).relative_to(load_settings().home_path)
    key = f"{report.system}-{report.job}".lower().replace("_", "-")
    await acreate_markdown_artifact(
        key="".join(letter for letter in key if letter.isascii() and (letter.isalnum() or letter == "-")),
        markdown=f"{render_markdown(report, charts=draft.charts)}\nThe whole report: `{page}` in SERENO_HOME\n",
        description=verdict_line(report),
    )
    return report
