"""The mirror: live work is noted in the system's own audit table too, where its folder has a statement for that."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime

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


def note_action(system: str, action: str, *, at: datetime, effect: Effect, payload: Mapping[str, object]) -> None:
    """Run the system's mirror statement for one action, if it has one. Not to be repeated.

    Args:
        system: the system's name.
        action: as the audit chain calls it.
        at: when it ended.
        effect: what it could change.
        payload: what the system's own table keeps of it, as JSON.

    Raises:
        SerenoError: the statement failed.
    """
    settings = load_settings()
    if system not in system_names(settings):
        return
    statement = find_sql(system, MIRROR, settings)
    if statement is None:
        return
    actor, _ = audit.actor_of_process()
    parameters = {
        "at": at,
        "action": action,
        "actor": actor,
        "effect": effect.value,
        "payload": json.dumps(payload, default=str),
    }
    described = load_system(system, settings)
    with changing(described, purpose="audit mirror") as session, session.transaction():
        session.execute(statement, parameters)


def _note(report: Report) -> None:
    payload = {"result": report.result, "figures": report.figures}
    action = audit.action(report.job, report.effect)
    note_action(report.system, action, at=report.finished_at, effect=report.effect, payload=payload)
