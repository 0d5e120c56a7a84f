"""Making a run public: the draft becomes a report, sealed in the audit chain, written to files, counted in metrics."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path

from sereno import audit
from sereno.database.sessions import changing
from sereno.errors import SerenoError, StorageError
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.runs import newest_runs
from sereno.metrics import exposition, write_textfile
from sereno.reports import ReportFormat, file_name, redacted, render, tally
from sereno.reports.model import Draft, Effect, Finding, JobContext, Report, Result
from sereno.settings import Settings, load_settings
from sereno.systems.loader import load_system, system_names
from sereno.systems.sql_folder import find_sql

logger = logging.getLogger(__name__)

MIRROR = "audit.mirror"
WRITTEN_FORMATS = (ReportFormat.JSON, ReportFormat.HTML)


def publish(draft: Draft, context: JobContext) -> Report:
    """Seal and keep what a run found out.

    The audit event comes first and its reference into the report, so that a report that exists has an event. A run for
    a system that does not exist leaves no event: it has no chain.

    Raises:
        SerenoError: the ledger or SERENO_HOME cannot be written.
    """
    settings = load_settings()
    report = _report(draft, context)
    if context.system in system_names(settings):
        report = _mirrored(report, settings)
        with open_ledger(settings) as ledger:
            report = report.model_copy(update={"audit": audit.append(ledger, _event(report))})
            _write_metrics(ledger, context.system, settings)
    report = redacted(report)
    for report_format in WRITTEN_FORMATS:
        _write(report_path(report, report_format, settings), render(report, report_format))
    return report


def report_path(report: Report, report_format: ReportFormat, settings: Settings | None = None) -> Path:
    """Where a run's report lies as a file."""
    home = (settings or load_settings()).home_path
    return home / "reports" / file_name(report, report_format)


def action(job: str, effect: Effect) -> str:
    """What the audit chain calls a run: `RUN_BACKUP`, `PREVIEW_RESTORE`."""
    return f"{'PREVIEW' if effect is Effect.DRY_RUN else 'RUN'}_{job.upper()}"


def _report(draft: Draft, context: JobContext) -> Report:
    return Report(
        job=context.job,
        system=context.system,
        effect=context.effect,
        result=draft.result or tally(draft.findings),
        headline=draft.headline,
        started_at=context.started_at,
        finished_at=datetime.now(UTC),
        figures=draft.figures,
        findings=draft.findings,
        files=draft.files,
        flow_run_id=context.flow_run_id,
    )


def _event(report: Report) -> audit.Event:
    actor, source = audit.actor_of_process()
    return audit.Event(
        time=report.finished_at,
        system=report.system,
        job=report.job,
        action=action(report.job, report.effect),
        actor=actor,
        actor_source=source,
        effect=report.effect,
        result=report.result,
        flow_run_id=report.flow_run_id,
        figures={**report.figures, "seconds": round(report.seconds, 3)},
    )


def _mirrored(report: Report, settings: Settings) -> Report:
    """Tell the system's own audit table of live work, where its folder says how; a failure to is a failed finding."""
    if report.effect is not Effect.LIVE or report.result is Result.REFUSED:
        return report
    try:
        statement = find_sql(report.system, MIRROR, settings)
        if statement is None:
            return report
        system = load_system(report.system, settings)
        actor, _ = audit.actor_of_process()
        parameters = {
            "at": report.finished_at,
            "action": action(report.job, report.effect),
            "actor": actor,
            "effect": report.effect.value,
            "payload": json.dumps({"result": report.result, "figures": report.figures}, default=str),
        }
        with changing(system, purpose="audit mirror") as session, session.transaction():
            session.execute(statement, parameters)
    except SerenoError as error:
        failed = Finding(name="noted in the system's own audit table", passed=False, evidence=str(error))
        headline = f"{report.headline.rstrip('.')}; but it could not be noted in the system's own audit table"
        update = {"findings": (*report.findings, failed), "result": Result.FAILED, "headline": headline}
        return report.model_copy(update=update)
    return report


def _write_metrics(ledger: Ledger, system: str, settings: Settings) -> None:
    """A file for each system, all of which a node exporter reads from the folder."""
    folder = settings.home_path / "metrics"
    folder.mkdir(exist_ok=True)
    write_textfile(folder / f"{system}.prom", exposition(newest_runs(ledger, system)))


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise StorageError(f"the report {path} could not be written: {error.strerror}") from error
