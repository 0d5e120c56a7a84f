"""Making a run public: the draft becomes a report, sealed in the audit chain, written to files, counted in metrics.

The order matters. The end of the run is fixed once (`compose`); the system's own audit table is told (`mirror`), so
that the report can carry its failure; then the report is sealed, which may be repeated and still gives one event; and
what comes after that (`keep`) can fail no run any more.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sereno import audit
from sereno.ledger import open_ledger
from sereno.measuring import measures_of
from sereno.metrics import exposition
from sereno.reports import ReportFormat, file_name, redacted, render, render_page, tally
from sereno.reports.model import Draft, JobContext, Report
from sereno.settings import Settings, load_settings
from sereno.systems.folders import system_names
from sereno.whole_files import write_whole

logger = logging.getLogger(__name__)

WRITTEN_FORMATS = (ReportFormat.JSON, ReportFormat.HTML)


def compose(draft: Draft, context: JobContext, *, finished_at: datetime) -> Report:
    """What the run `context` found out, as the report of a run that ended at `finished_at`."""
    return Report(
        job=context.job,
        system=context.system,
        effect=context.effect,
        result=draft.result or tally(draft.findings),
        headline=draft.headline,
        started_at=context.started_at,
        finished_at=finished_at,
        figures=draft.figures,
        findings=draft.findings,
        files=draft.files,
        flow_run_id=context.flow_run_id,
    )


def seal(report: Report) -> Report:
    """Append the run's audit event; the report, with its secrets masked, that refers to it.

    Safe to repeat with the same report: the event that stands already is referred to. A run for a system that does not
    exist leaves no event: it has no chain.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    settings = load_settings()
    if report.system in system_names(settings):
        with open_ledger(settings) as ledger:
            report = report.model_copy(update={"audit": audit.append_once(ledger, _event(report))})
    return redacted(report)


def keep(report: Report, draft: Draft | None = None) -> tuple[Path, ...]:
    """Write the report's files, with the charts and tables of `draft`, and the system's metrics; where they lie now.

    It raises nothing: the run is over and its report sealed, so what cannot be written is a warning in the log.
    """
    settings = load_settings()
    written: list[Path] = []
    for report_format in WRITTEN_FORMATS:
        path = _path(report, report_format, settings)
        with forgiven(f"the report was not written to {path}"):
            path.parent.mkdir(parents=True, exist_ok=True)
            write_whole(path, _content(report, report_format, draft))
            written.append(path)
    if report.audit:
        with forgiven(f"the metrics of {report.system} were not written"):
            _write_metrics(report.system, settings)
    return tuple(written)


@contextmanager
def forgiven(what: str) -> Iterator[None]:
    """Let an error of the block become a warning that begins with `what`; for work after a report was sealed."""
    try:
        yield
    except Exception as error:
        logger.warning("%s: %s", what, str(error) or type(error).__name__)


def _event(report: Report) -> audit.Event:
    actor, source = audit.actor_of_process()
    return audit.Event(
        time=report.finished_at,
        system=report.system,
        job=report.job,
        action=audit.action(report.job, report.effect),
        actor=actor,
        actor_source=source,
        effect=report.effect,
        result=report.result,
        flow_run_id=report.flow_run_id,
        figures={**report.figures, "seconds": round(report.seconds, 3)},
    )


def _content(report: Report, report_format: ReportFormat, draft: Draft | None) -> bytes:
    if report_format is ReportFormat.HTML and draft:
        return render_page(report, charts=draft.charts, tables=draft.tables)
    return render(report, report_format)


def _path(report: Report, report_format: ReportFormat, settings: Settings) -> Path:
    return settings.home_path / "reports" / file_name(report, report_format)


def _write_metrics(system: str, settings: Settings) -> None:
    """A file for each system, all of which a node exporter reads from the folder as another user."""
    folder = settings.home_path / "metrics"
    folder.mkdir(exist_ok=True)
    with open_ledger(settings) as ledger:
        measures = measures_of(ledger, [system])
    text = exposition(measures.runs, measures.deliveries, measures.counts, measures.overviews)
    write_whole(folder / f"{system}.prom", text, mode=0o644)
