"""The intents of `maintenance`: where they are, and what runs did that ended before they could report it."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from sqlalchemy import select

from sereno import audit
from sereno.intents import IntentLog
from sereno.ledger import Ledger
from sereno.ledger.models import IntentRow, time_text
from sereno.maintenance.actions import JOB

_EVENTS_AT_MOST = 100_000


def intent_log(ledger: Ledger, system: str, step: str, run_id: str) -> IntentLog:
    """The intents of one part of a run."""
    return IntentLog(ledger, system=system, job=JOB, step=step, run_id=run_id)


def unreported(ledger: Ledger, system: str, *, step: str, action: str, figure: str, since: datetime) -> dict[str, int]:
    """How much of `figure` was done by runs whose audit events do not tell of it, by run.

    Args:
        ledger: what knows both.
        system: the system's name.
        step: the part, as intents call it.
        action: the part, as the audit chain calls it.
        figure: such as `deleted`.
        since: runs from before this moment are left alone.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    wanted = select(IntentRow.unit).distinct().filter_by(system=system, job=JOB, step=step, state="settled")
    wanted = wanted.where(IntentRow.closed_at >= time_text(since))
    with ledger.reading() as session:
        units = list(session.scalars(wanted))
    told: Counter[str] = Counter()
    for event in audit.events(ledger, system, action=action, since=since, limit=_EVENTS_AT_MOST):
        told[event.flow_run_id or ""] += int(event.figures.get(figure) or 0)
    done = {unit: intent_log(ledger, system, step, unit).totals().get(figure, 0) for unit in units}
    return {unit: number - told[unit] for unit, number in done.items() if number > told[unit]}
