"""Which steps of which trials were told, in the ledger: written once, in the same transaction as the message."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from sereno.ledger import Ledger
from sereno.ledger.models import TrialNoticeRow, time_text
from sereno.ledger.serial import wait_for_turn
from sereno.messages.outbox import Entry, put_within
from sereno.trials.notice import JOB, Notice

_AT_ONCE = 400


def untold(ledger: Ledger, system: str, notices: Sequence[Notice]) -> list[Notice]:
    """Those of `notices` that the ledger does not know.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    with ledger.reading() as session:
        return _untold(session, system, notices)


def tell(ledger: Ledger, system: str, notices: Sequence[Notice], *, now: datetime, run_id: str | None) -> int:
    """Write down `notices` and put their messages into the outbox, some at a time; how many were not there already.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    told = 0
    for begin in range(0, len(notices), _AT_ONCE):
        with ledger.writing() as session:
            wait_for_turn(session, name=f"sereno trial notices of {system}")
            new = _untold(session, system, notices[begin : begin + _AT_ONCE])
            entries = [Entry(id=one.message_id(system), topic=one.step, reference=one.reference) for one in new]
            rows = [
                {
                    "system": system,
                    **one.reference,
                    "message_id": entry.id,
                    "noted_at": time_text(now),
                    "run_id": run_id,
                }
                for one, entry in zip(new, entries, strict=True)
            ]
            if rows:
                session.execute(insert(TrialNoticeRow), rows)
            put_within(session, entries, system=system, job=JOB, now=now, run_id=run_id)
            told += len(new)
    return told


def _untold(session: Session, system: str, notices: Sequence[Notice]) -> list[Notice]:
    columns = (TrialNoticeRow.account, TrialNoticeRow.trial_ends_at, TrialNoticeRow.step)
    told: set[tuple[str, str, str]] = set()
    for begin in range(0, len(notices), _AT_ONCE):
        accounts = {one.account for one in notices[begin : begin + _AT_ONCE]}
        wanted = select(*columns).filter_by(system=system).where(TrialNoticeRow.account.in_(accounts))
        told.update(session.execute(wanted).tuples())
    return [one for one in {one.key: one for one in notices}.values() if one.key not in told]
