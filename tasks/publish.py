"""The last steps of every job."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from prefect.artifacts import acreate_markdown_artifact

from sereno import mirror, publishing
from sereno.reports import render_markdown
from sereno.reports.links import links_to
from sereno.reports.model import Draft, Report
from sereno.reports.to_markdown import verdict_line
from sereno.settings import Settings, load_settings
from tasks.run_context import current_run
from tasks.step import NETWORK, step

_note_in_system = step(mirror.note_in_system, name="note in the system's own audit table")
_seal = step(publishing.seal, name="seal the report", retry=NETWORK)
_keep = step(publishing.keep, name="write the report's files")


async def publish(draft: Draft) -> Report:
    """Seal the report in the audit chain, write its files, and show it as an artifact of the run.

    A run has one report. Called again, because sealing failed or something after it did, this goes on with the first.
    """
    run = current_run()
    if run.composed is None:
        run.composed = publishing.compose(draft, run.context, finished_at=datetime.now(UTC))
        if mirror.is_due(run.composed):
            run.composed = await _note_in_system(run.composed)
    if run.sealed is None:
        run.sealed = await _seal(run.composed)
        await _show(run.sealed, draft)
    return run.sealed


async def _show(report: Report, draft: Draft) -> None:
    files: tuple[Path, ...] = ()
    with publishing.forgiven("the report's files were not written"):
        files = await _keep(report, draft)
    with publishing.forgiven("the run has no artifact"):
        key = f"{report.system}-{report.job}".lower().replace("_", "-")
        settings = load_settings()
        links = links_to((*files, *(Path(file.path) for file in report.files)), settings)
        places = " and ".join(_place(path, settings, links.get(str(path))) for path in files)
        whole = f"\nThe whole report: {places} in SERENO_HOME\n" if places else ""
        await acreate_markdown_artifact(
            key="".join(letter for letter in key if letter.isascii() and (letter.isalnum() or letter == "-")),
            markdown=render_markdown(report, charts=draft.charts, tables=draft.tables, links=links) + whole,
            description=verdict_line(report),
        )


def _place(path: Path, settings: Settings, link: str | None) -> str:
    place = str(path.relative_to(settings.home_path))
    return f"[{place}](<{link}>)" if link else f"`{place}`"
