"""The sweep at the beginning of a purge: where nearly every row is old, it goes through the keys one after the other.

Nothing is read beforehand: the last key of a batch comes from the key's index (or, where keys are numbers, from adding
up: no more rows than numbers can lie between two of them), and how many rows of the range are old
is known once they are deleted. So the intent is written then, before the transaction is committed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from pydantic import JsonValue

from sereno.intents import Figures, carry_out_noting
from sereno.maintenance.batch import Batch
from sereno.maintenance.own_sql import in_turn, own
from sereno.maintenance.plan import Key, PurgePlan, plan_rest
from sereno.maintenance.progress import PurgeProgress
from sereno.maintenance.work import Work

_SPARSE = 0.5
"""A sweep ends when less than this share of a batch's rows was old."""
_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


def sweep(work: Work, progress: PurgeProgress) -> PurgeProgress:
    """Do the next batch, or plan the rest after the last one; how far the purge is then.

    Raises:
        SerenoError: the batch failed; nothing of it was committed, or `resume` will find out.
    """
    plan, started = work.plan, time.monotonic()
    most = plan.purge.max_delete - progress.deleted
    if progress.swept:
        return replace(progress, rest=plan_rest(work.system, plan, most=most))
    rows, low = min(progress.next_rows, most), _low(plan, progress)
    high = _edge(work, low, rows=rows)
    if high is None:
        return replace(progress, swept=True)
    range_, parts = Batch(rows=0, low=low, high=high, cutoff=str(plan.value)), list[str]()
    figures = carry_out_noting(
        work.log,
        lambda note: _commit(work, range_, parts, note, number=len(progress.archived) + 1),
        lambda keys: work.was_committed(Batch.read(keys[0])),
    )
    return replace(
        progress,
        swept_to=high,
        swept=figures["deleted"] < rows * _SPARSE,
        batches=progress.batches + 1,
        deleted=progress.deleted + figures["deleted"],
        next_rows=work.next_rows(rows, seconds=time.monotonic() - started),
        archived=(*progress.archived, *parts),
    )


def _low(plan: PurgePlan, progress: PurgeProgress) -> Key:
    """Where the next batch begins: after the last one, or with its last key where nobody knows what comes next."""
    if progress.swept_to is None:
        return plan.sweep_from or ()
    return (str(int(progress.swept_to[0]) + 1),) if plan.table.numbered else progress.swept_to


def _edge(work: Work, low: Key, *, rows: int) -> Key | None:
    """The last key of a range of at most so many rows that begins with `low`; None when the table ends before."""
    if work.plan.table.numbered:
        high = int(low[0]) + rows - 1
        return (str(high),) if high <= _LARGEST[work.plan.table.keys[0].type] else None
    values = {f"low_{number}": text for number, text in enumerate(low)}
    with work.session.transaction():
        found = work.session.returned(own(work.plan.statements.edge), {**values, "skipped": rows - 1})
    return tuple(str(found[0][f"key_{number}"]) for number in range(len(low))) if found else None


def _commit(
    work: Work, range_: Batch, parts: list[str], note: Callable[[Sequence[JsonValue]], None], *, number: int
) -> Figures:
    with in_turn(work.session, name=work.turn):
        figures = work.delete(range_, parts, number=number)
        if figures["deleted"]:
            note([replace(range_, rows=figures["deleted"]).said()])
    return figures
