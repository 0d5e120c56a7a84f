"""Work across two databases that never commit together: the ledger knows what was begun, the system what was done.

A live step cuts its work into bounded batches. For each it writes an intent with the batch's keys to the ledger,
commits in the system, and then settles the intent. A run that follows one that was killed asks the system about every
intent that is still open: so nothing is lost, nothing is counted twice, and the totals survive.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from pydantic import JsonValue

from sereno.ledger.intent_log import Figures, Intent, IntentLog, Keys

__all__ = ["Figures", "Intent", "IntentLog", "Keys", "Resumed", "carry_out", "carry_out_noting", "resume"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resumed:
    """What became of the intents that an earlier run left open."""

    settled: tuple[Intent, ...]
    abandoned: tuple[Intent, ...]


def carry_out(
    log: IntentLog,
    keys: Sequence[JsonValue],
    commit: Callable[[Keys], Figures],
    was_committed: Callable[[Keys], Figures | None],
    *,
    cursors: Mapping[str, JsonValue] | None = None,
) -> Figures:
    """Do one bounded batch; what it did.

    When `commit` raises, the system is asked: a commit whose answer was lost is settled after all, one that never was
    is abandoned, and when the system is silent too, the intent stays open for `resume`.

    Args:
        log: where the intent is written.
        keys: what the batch is about, as JSON values.
        commit: does the batch in one transaction of the system and commits it.
        was_committed: what that transaction did, when the system shows that it was committed, else None. It has to
            wait for one that is still under way, such as by locking the rows of the keys.
        cursors: saved together with the settlement.

    Raises:
        Exception: what `commit` raised, when it was not committed or nobody knows.
    """
    intent = log.open(keys, cursors=cursors)
    try:
        figures = commit(intent.keys)
    except Exception as failure:
        figures = _learnt(log, intent, was_committed, failure)
    log.settle(intent, figures)
    return figures


def carry_out_noting(
    log: IntentLog,
    work: Callable[[Callable[[Sequence[JsonValue]], None]], Figures],
    was_committed: Callable[[Keys], Figures | None],
) -> Figures:
    """As `carry_out`, for a batch that is known only when its transaction has done its work; what it did.

    Args:
        log: where the intent is written.
        work: does the batch in one transaction of the system, calls what it is given with the batch's keys before it
            commits, and commits. One that changed nothing need not call it.
        was_committed: as for `carry_out`.

    Raises:
        Exception: what `work` raised, when it was not committed or nobody knows.
    """
    noted: list[Intent] = []
    try:
        figures = work(lambda keys: noted.append(log.open(keys)))
    except Exception as failure:
        if not noted:
            raise
        figures = _learnt(log, noted[0], was_committed, failure)
    for intent in noted:
        log.settle(intent, figures)
    return figures


def _learnt(
    log: IntentLog, intent: Intent, was_committed: Callable[[Keys], Figures | None], failure: Exception
) -> Figures:
    try:
        learnt = was_committed(intent.keys)
    except Exception as silence:
        raise failure from silence
    if learnt is None:
        log.abandon(intent)
        raise failure
    return learnt


def resume(log: IntentLog, was_committed: Callable[[Keys], Figures | None]) -> Resumed:
    """Ask the system about every intent that an earlier run left open, and settle or abandon each, oldest first.

    To be called while holding the exclusion of the job, before the first batch.

    Args:
        log: the intents.
        was_committed: as for `carry_out`.
    """
    settled, abandoned = [], []
    for intent in log.unsettled():
        figures = was_committed(intent.keys)
        if figures is None:
            log.abandon(intent)
            abandoned.append(intent)
        else:
            log.settle(intent, figures)
            settled.append(intent)
    return Resumed(settled=tuple(settled), abandoned=tuple(abandoned))
