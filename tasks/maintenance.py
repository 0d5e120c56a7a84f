"""The steps of `maintenance`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sereno.errors import SerenoError
from sereno.maintenance import batches, books, idle, plan
from sereno.maintenance.books import run_id_of
from sereno.maintenance.idle import IdleOutcome
from sereno.maintenance.outcome import PurgeOutcome
from sereno.maintenance.wishes import Wishes
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge
from tasks.operator import give_way_to_operator
from tasks.run_context import current_job
from tasks.step import NETWORK, step

_settle_idle = step(books.settle_idle, name="settle what earlier runs left of idle clients", retry=NETWORK)
_find_idle = step(idle.find_idle, name="find idle clients", retry=NETWORK)
_deactivate = step(idle.deactivate, name="deactivate idle clients")
_settle_purge = step(books.settle_purge, name="settle what earlier runs left of {purge.name}", retry=NETWORK)
_plan_purge = step(plan.plan_purge, name="plan purge {purge.name}", retry=NETWORK)
_purge_slice = step(batches.purge_slice, name="purge {plan.name}, from row {progress.deleted}")
_count_left = step(plan.count_left, name="count what is left of {plan.name}", retry=NETWORK)
_note_idle = step(books.note_idle, name="note idle clients in the audit chain")
_note_purge = step(books.note_purge, name="note purge {outcome.purge.name} in the audit chain")


async def care_for_idle(system: System, wishes: Wishes, *, live: bool) -> IdleOutcome | None:
    """Find idle clients and, live, deactivate them; what went wrong is part of the outcome. None when not asked for."""
    if wishes.idle_days is None:
        return None
    context = current_job()
    outcome = IdleOutcome(cutoff=wishes.idle_cutoff, idle_days=wishes.idle_days, limit=wishes.idle_limit)
    try:
        if live:
            owed = await _settle_idle(system, context=context, now=wishes.now)
            outcome = replace(outcome, before=owed)
        outcome = replace(await _find_idle(system, wishes), before=outcome.before)
        if live:
            outcome = await _deactivate(system, outcome, run_id=run_id_of(context), now=wishes.now)
    except SerenoError as error:
        outcome = replace(outcome, problem=str(error))
    return replace(outcome, unnoted=await _note_idle(context, outcome, at=datetime.now(UTC)))


async def care_for_table(system: System, purge: Purge, wishes: Wishes, *, live: bool) -> PurgeOutcome:
    """Plan one purge and, live, carry it out slice by slice; what went wrong is part of the outcome.

    Between slices, a few seconds each, somebody who pauses or cancels the run is heeded.
    """
    context, outcome = current_job(), PurgeOutcome(purge=purge, live=live)
    try:
        if live:
            before = await _settle_purge(system, purge, context=context, now=wishes.now)
            purge = purge.model_copy(update={"max_delete": max(0, purge.max_delete - before.own)})
            outcome = replace(outcome, before=before)
        planned = await _plan_purge(system, purge, now=wishes.now, live=live)
        outcome = replace(outcome, plan=planned)
        while live and not outcome.progress.finished(planned):
            await give_way_to_operator()
            progress = await _purge_slice(system, planned, outcome.progress, run_id=run_id_of(context))
            outcome = replace(outcome, progress=progress)
        if live and (planned.purge.max_delete <= planned.rows or outcome.wrong):
            outcome = replace(outcome, left=await _count_left(system, planned))
    except SerenoError as error:
        outcome = replace(outcome, problem=str(error))
    return replace(outcome, unnoted=await _note_purge(context, outcome, at=datetime.now(UTC)))
