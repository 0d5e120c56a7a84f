"""The books: what killed runs left open is settled, and each part of a run gets an audit event of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sereno import audit, mirror
from sereno.errors import SerenoError
from sereno.intents import Figures, Keys, resume
from sereno.ledger import Ledger, open_ledger
from sereno.maintenance.actions import IDLE, IDLE_STEP, JOB, purge_action, step_of, with_effect
from sereno.maintenance.batch import Batch, turn_of, was_committed
from sereno.maintenance.drop import was_dropped
from sereno.maintenance.idle import IdleOutcome, resume_idle
from sereno.maintenance.intents import intent_log, unreported
from sereno.maintenance.outcome import Before, PurgeOutcome, idle_figures, purge_figures
from sereno.maintenance.own_sql import brief_changes
from sereno.maintenance.plan import look_at_purge
from sereno.maintenance.statements import Statements
from sereno.reports.model import Effect, Figure, JobContext, Result
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge

_LOOKED_BACK = timedelta(days=30)


def run_id_of(context: JobContext) -> str:
    """What intents call the run: the id of its flow run, which stays the same when it is resumed or retried."""
    return context.flow_run_id or f"{context.run_name} {context.started_at.isoformat()}"


def settle_purge(system: System, purge: Purge, *, context: JobContext, now: datetime) -> Before:
    """Learn what became of the batches that earlier runs left open, and write the events that those runs owe.

    Raises:
        SerenoError: the system or the ledger does not answer.
    """
    run_id, step = run_id_of(context), step_of(purge)
    with open_ledger() as ledger:
        log = intent_log(ledger, system.name, step, run_id)
        if log.unsettled():
            with brief_changes(system, purpose=f"maintenance: ask {purge.name}") as session:
                statements = look_at_purge(system, purge)
                resume(log, lambda keys: _what_it_did(system, purge, statements, keys, session))
        owed = unreported(
            ledger, system.name, step=step, action=purge_action(purge), figure="deleted", since=now - _LOOKED_BACK
        )
        own = owed.pop(run_id, 0)
        for run, number in owed.items():
            _owe(ledger, context, purge_action(purge), run, {"deleted": number})
    return Before(own=own, others=owed)


def settle_idle(system: System, *, context: JobContext, now: datetime) -> dict[str, int]:
    """The same for idle clients: how many were deactivated by runs that could not report it, by their ids.

    Raises:
        SerenoError: the system or the ledger does not answer.
    """
    resume_idle(system, run_id=run_id_of(context))
    with open_ledger() as ledger:
        owed = unreported(
            ledger, system.name, step=IDLE_STEP, action=IDLE, figure="deactivated", since=now - _LOOKED_BACK
        )
        for run, number in owed.items():
            _owe(ledger, context, IDLE, run, {"deactivated": number})
    return owed


def note_idle(context: JobContext, outcome: IdleOutcome, *, at: datetime) -> str:
    """Append the event of the idle clients; why the system's own audit table could not be told, if it could not."""
    live = context.effect is Effect.LIVE
    return _note(context, IDLE, idle_figures(outcome, live=live), problem=outcome.problem, at=at)


def note_purge(context: JobContext, outcome: PurgeOutcome, *, at: datetime) -> str:
    """Append the event of a purge; why the system's own audit table could not be told, if it could not."""
    figures = {**purge_figures(outcome), "seconds": round(outcome.progress.working_seconds, 3)}
    return _note(context, purge_action(outcome.purge), figures, problem=outcome.wrong, at=at)


def _note(context: JobContext, action: str, figures: Mapping[str, Figure], *, problem: str, at: datetime) -> str:
    """Why the system could not be told; empty when it was, or need not be.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    action = with_effect(action, context.effect)
    result = Result.FAILED if problem else Result.PASSED
    with open_ledger() as ledger:
        audit.append_once(ledger, _event(context, action, figures, result=result, run=context.flow_run_id, at=at))
    if context.effect is not Effect.LIVE:
        return ""
    try:
        payload = {"result": result, "figures": dict(figures)}
        mirror.note_action(context.system, action, at=at, effect=context.effect, payload=payload)
    except SerenoError as error:
        return str(error)
    return ""


def _owe(ledger: Ledger, context: JobContext, action: str, run: str, figures: Mapping[str, Figure]) -> None:
    """The event of a run that ended before it could report what it had done."""
    said = {**figures, "reported_by": context.flow_run_id or context.run_name}
    audit.append(ledger, _event(context, action, said, result=Result.FAILED, run=run, at=context.started_at))


def _event(
    context: JobContext, action: str, figures: Mapping[str, Figure], *, result: Result, run: str | None, at: datetime
) -> audit.Event:
    actor, source = audit.actor_of_process()
    return audit.Event(
        time=at,
        system=context.system,
        job=JOB,
        action=action,
        actor=actor,
        actor_source=source,
        effect=context.effect,
        result=result,
        flow_run_id=run,
        figures=dict(figures),
    )


def _what_it_did(system: System, purge: Purge, statements: Statements, keys: Keys, session: Any) -> Figures | None:
    if isinstance(keys[0], dict) and "partition" in keys[0]:
        return was_dropped(session, keys)
    return was_committed(session, statements, Batch.read(keys[0]), turn=turn_of(system, purge.name))
