"""The mirror: live work is noted in the system's own audit table too, where its folder has a statement for that."""

from __future__ import annotations

import json

from sereno import audit
from sereno.database.sessions import changing
from sereno.errors import SerenoError
from sereno.reports.model import Effect, Finding, Report, Result
from sereno.reports.render import redacted
from sereno.settings import load_settings
from sereno.systems.folders import system_names
from sereno.systems.loader import load_system
from sereno.systems.sql_folder import find_sql

MIRROR = "audit.mirror"
"""The name of the statement's file, without `.sql`."""


def is_due(report: Report) -> bool:
    """Whether the run is one that a system's own audit table should know of: it may have changed something."""
    return report.effect is Effect.LIVE and report.result is not Result.REFUSED


def note_in_system(report: Report) -> Report:
    """Run the system's mirror statement for `report`, if it has one; the report to go on with.

    It comes before the report is sealed, so that the report can say that it failed: a required finding then, and the
    run is failed. It raises nothing and is not to be repeated: whether a connection that was lost at the commit left a
    row behind, nobody knows.
    """
    try:
        _note(redacted(report))
    except Exception as error:
        evidence = str(error) if isinstance(error, SerenoError) else f"{type(error).__name__}: {error}"
        failed = Finding(name="noted in the system's own audit table", passed=False, evidence=evidence)
        headline = f"{report.headline.rstrip('.')}; but it could not be noted in the system's own audit table"
        update = {"findings": (*report.findings, failed), "result": Result.FAILED, "headline": headline}
        return report.model_copy(update=update)
    return report


def _note(report: Report) -> None:
    settings = load_settings()
    if report.system not in system_names(settings):
        return
    statement = find_sql(report.system, MIRROR, settings)
    if statement is None:
        return
    actor, _ = audit.actor_of_process()
    parameters = {
        "at": report.finished_at,
        "action": audit.action(report.job, report.effect),
        "actor": actor,
        "effect": report.effect.value,
        "payload": json.dumps({"result": report.result, "figures": report.figures}, default=str),
    }
    system = load_system(report.system, settings)
    with changing(system, purpose="audit mirror") as session, session.transaction():
        session.execute(statement, parameters)
