"""A slice of a purge: batches for a few seconds, each a short transaction of its own with an intent in the ledger."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from itertools import islice

from sereno.errors import SystemUnavailableError
from sereno.intents import Figures, carry_out
from sereno.ledger import open_ledger
from sereno.maintenance.actions import step_of
from sereno.maintenance.batch import Batch
from sereno.maintenance.drop import drop_partition, was_dropped
from sereno.maintenance.health import look_at
from sereno.maintenance.intents import intent_log
from sereno.maintenance.own_sql import brief_changes, in_turn
from sereno.maintenance.plan import Grain, PurgePlan
from sereno.maintenance.progress import PurgeProgress
from sereno.maintenance.statements import GRAIN_ROWS
from sereno.maintenance.sweep import sweep
from sereno.maintenance.work import Work
from sereno.systems.model import System

SLICE_SECONDS = 3.0
_HINDERED_AT_MOST = 3
_HEALTH_EVERY_SECONDS = 1.0
_WAIT_SECONDS = 0.5


def purge_slice(
    system: System, plan: PurgePlan, progress: PurgeProgress, *, run_id: str, seconds: float = SLICE_SECONDS
) -> PurgeProgress:
    """Go on with a purge for about `seconds`, or wait so long for what it gives way to; how far it is then.

    Args:
        system: the system.
        plan: what goes.
        progress: how far earlier slices came.
        run_id: the run that opens intents.
        seconds: when no other batch is begun.

    Raises:
        SerenoError: a batch failed; nothing of it was committed, or `resume` will find out.
    """
    with open_ledger() as ledger, brief_changes(system, purpose=f"maintenance: purge {plan.name}") as session:
        log = intent_log(ledger, system.name, step_of(plan.purge), run_id)
        slice_ = _Slice(Work(system, plan, session, log, run_id))
        until, looked = time.monotonic() + seconds, float("-inf")  # from here on: opening may take its time
        while not progress.finished(plan) and time.monotonic() < until:
            if time.monotonic() - looked >= _HEALTH_EVERY_SECONDS:
                reason = look_at(session, plan.table).reason_to_wait(str(plan.table), system.maintenance)
                if reason:
                    progress = _waited(progress, reason, system.maintenance.wait_at_most_seconds)
                    continue
                looked = time.monotonic()
            progress = slice_.go_on(replace(progress, waiting_for=""))
            if progress.hindered:
                break  # the next slice opens a connection of its own
    return progress


def _waited(progress: PurgeProgress, reason: str, at_most_seconds: float) -> PurgeProgress:
    if progress.waited_seconds >= at_most_seconds:
        return replace(progress, stopped=f"{reason}; it was waited for {at_most_seconds:.0f} s")
    time.sleep(_WAIT_SECONDS)
    return replace(progress, waited_seconds=progress.waited_seconds + _WAIT_SECONDS, waiting_for=reason)


@dataclass(frozen=True)
class _Slice:
    work: Work

    @property
    def plan(self) -> PurgePlan:
        return self.work.plan

    def go_on(self, progress: PurgeProgress) -> PurgeProgress:
        """Do the next partition or batch.

        One that is hindered (by a lock, a timeout, a lost connection) is halved; the third time in a row stops the
        purge.
        """
        started = time.monotonic()
        try:
            if progress.partitions < len(self.plan.partitions):
                done = self._partition(progress)
            elif progress.sweeps(self.plan):
                done = sweep(self.work, progress)
            else:
                done = self._batch(progress)
        except SystemUnavailableError as error:
            return self._hindered(progress, str(error))
        took = time.monotonic() - started
        return replace(done, working_seconds=progress.working_seconds + took, hindered=0)

    def _hindered(self, progress: PurgeProgress, reason: str) -> PurgeProgress:
        times = progress.hindered + 1
        stopped = f"{reason}; it was tried {times} times" if times == _HINDERED_AT_MOST else ""
        halved = max(GRAIN_ROWS, progress.next_rows // 2)
        return replace(progress, hindered=times, stopped=stopped, next_rows=halved, waiting_for=reason)

    def _partition(self, progress: PurgeProgress) -> PurgeProgress:
        partition = self.plan.partitions[progress.partitions]
        figures = carry_out(
            self.work.log,
            [{"partition": str(partition), "oid": partition.oid, "rows": partition.rows}],
            lambda _: drop_partition(self.work.system, self.plan, partition),
            lambda keys: was_dropped(self.work.session, keys),
        )
        deleted = progress.deleted + figures["deleted"]
        return replace(progress, partitions=progress.partitions + 1, deleted=deleted, batches=progress.batches + 1)

    def _batch(self, progress: PurgeProgress) -> PurgeProgress:
        started = time.monotonic()
        grains = _taken(self.plan, progress)
        batch = Batch.of(grains, self.plan)
        parts: list[str] = []
        figures = carry_out(
            self.work.log,
            [batch.said()],
            lambda _: self._commit(batch, parts, number=len(progress.archived) + 1),
            lambda _: self.work.was_committed(batch),
        )
        return replace(
            progress,
            grains=progress.grains + len(grains),
            batches=progress.batches + 1,
            deleted=progress.deleted + figures["deleted"],
            next_rows=self.work.next_rows(batch.rows, seconds=time.monotonic() - started),
            archived=(*progress.archived, *parts),
        )

    def _commit(self, batch: Batch, parts: list[str], *, number: int) -> Figures:
        with in_turn(self.work.session, name=self.work.turn):
            return self.work.delete(batch, parts, number=number)


def _taken(plan: PurgePlan, progress: PurgeProgress) -> list[Grain]:
    """The grains of the next batch: at least one."""
    taken: list[Grain] = []
    for grain in islice(progress.grains_of(plan), progress.grains, None):
        if taken and sum(each.rows for each in taken) + grain.rows > progress.next_rows:
            break
        taken.append(grain)
    return taken
