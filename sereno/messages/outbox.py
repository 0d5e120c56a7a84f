"""The outbox and the log of deliveries, in the ledger.

A job writes what it wants to tell together with what it knows about it, in one transaction; delivering comes after.
There is neither address nor text here: both are made again from the reference when a message is delivered.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import func, insert, select, update
from sqlalchemy.orm import Session

from sereno.ledger import Ledger
from sereno.ledger.canonical import canonical_json
from sereno.ledger.models import DeliveryRow, MessageRow, time_text
from sereno.ledger.serial import wait_for_turn
from sereno.metrics import DeliveryCount


class MessageState(StrEnum):
    """What has become of a message."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    CANCELED = "canceled"


class DeliveryResult(StrEnum):
    """How one attempt went."""

    DELIVERED = "delivered"
    DEFERRED = "deferred"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A message to be written. `reference` says what it is about: ids, never addresses or names."""

    id: str
    topic: str
    reference: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A message that waits. `channel` is the one whose turn it is, None before the first attempt."""

    id: str
    topic: str
    reference: Mapping[str, str]
    channel: str | None
    attempts: int
    created_at: datetime


def put_within(
    session: Session, entries: Sequence[Entry], *, system: str, job: str, now: datetime, run_id: str | None
) -> None:
    """Write messages as a part of the writing transaction `session`; none of them may be there already."""
    if not entries:
        return
    at = time_text(now)
    fixed = {"system": system, "job": job, "state": MessageState.PENDING.value, "attempts": 0, "run_id": run_id}
    rows = [
        {**fixed, "id": one.id, "topic": one.topic, "reference": canonical_json(one.reference)}
        | {"not_before": at, "created_at": at}
        for one in entries
    ]
    session.execute(insert(MessageRow), rows)


def put_missing(
    ledger: Ledger, entries: Sequence[Entry], *, system: str, job: str, now: datetime, run_id: str | None
) -> None:
    """Write those messages that are not there yet, in one transaction.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    with ledger.writing() as session:
        wait_for_turn(session, name=f"sereno messages of {system}")
        wanted = select(MessageRow.id).where(MessageRow.id.in_([one.id for one in entries]))
        there = set(session.scalars(wanted))
        missing = [one for one in entries if one.id not in there]
        put_within(session, missing, system=system, job=job, now=now, run_id=run_id)


class Outbox:
    """The messages of one job of one system."""

    def __init__(self, ledger: Ledger, *, system: str, job: str) -> None:
        """Look at the messages of `job` of `system` in `ledger`."""
        self._ledger = ledger
        self._system = system
        self._own = {"system": system, "job": job}

    def due(self, *, now: datetime, at_most: int, after: str = "") -> list[Pending]:
        """Some messages whose time has come, by id; those after the id `after`."""
        wanted = select(MessageRow).filter_by(**self._own, state=MessageState.PENDING.value)
        wanted = wanted.where(MessageRow.not_before <= time_text(now), MessageRow.id > after)
        with self._ledger.reading() as session:
            return [_pending(row) for row in session.scalars(wanted.order_by(MessageRow.id).limit(at_most))]

    def waiting(self) -> int:
        """How many messages are not delivered yet."""
        wanted = select(func.count()).select_from(MessageRow)
        with self._ledger.reading() as session:
            return session.scalar(wanted.filter_by(**self._own, state=MessageState.PENDING.value)) or 0

    def note(
        self,
        message: Pending,
        *,
        channel: str,
        result: DeliveryResult,
        at: datetime,
        state: MessageState,
        recipient: str | None = None,
        problem: str | None = None,
        next_channel: str | None = None,
        not_before: datetime | None = None,
    ) -> None:
        """Log one attempt, and what it makes of the message, in one transaction.

        Args:
            message: which.
            channel: by which channel it was tried.
            result: how it went.
            at: when.
            state: what the message is from here on.
            recipient: the keyed digest of the address.
            problem: why it was not taken; without personal data.
            next_channel: whose turn it is now, where that changes.
            not_before: when it is tried again.
        """
        moved = next_channel is not None and next_channel != channel
        changed = {
            "state": state.value,
            "channel": next_channel or channel,
            "attempts": 0 if moved else message.attempts + 1,
            "problem": problem,
            "recipient": recipient,
            "not_before": time_text(not_before or at),
            "closed_at": None if state is MessageState.PENDING else time_text(at),
        }
        log = DeliveryRow(
            system=self._system,
            message_id=message.id,
            channel=channel,
            attempt=message.attempts + 1,
            at=time_text(at),
            result=result.value,
            problem=problem,
        )
        with self._ledger.writing() as session:
            session.execute(update(MessageRow).filter_by(id=message.id).values(**changed))
            session.add(log)

    def postpone(self, message: Pending, *, until: datetime, why: str) -> None:
        """Let a message wait without an attempt."""
        self._update(message, not_before=time_text(until), problem=why)

    def cancel(self, message: Pending, *, at: datetime, why: str) -> None:
        """A message is not needed any more."""
        self._update(message, state=MessageState.CANCELED.value, closed_at=time_text(at), problem=why)

    def fail(self, message: Pending, *, at: datetime, why: str) -> None:
        """A message can reach nobody."""
        self._update(message, state=MessageState.FAILED.value, closed_at=time_text(at), problem=why)

    def sent_to(self, recipient: str, *, since: datetime) -> int:
        """How many messages of any job went to the address of this keyed digest since `since`."""
        wanted = select(func.count()).select_from(MessageRow)
        wanted = wanted.filter_by(system=self._system, recipient=recipient, state=MessageState.DELIVERED.value)
        with self._ledger.reading() as session:
            return session.scalar(wanted.where(MessageRow.closed_at >= time_text(since))) or 0

    def seconds_since_deliveries(self, channel: str, *, now: datetime, at_most: int) -> list[float]:
        """How long ago the attempts of the last minute by `channel` were, at most so many of them."""
        wanted = select(DeliveryRow.at).filter_by(system=self._system, channel=channel)
        wanted = wanted.where(DeliveryRow.at >= time_text(now - timedelta(minutes=1)))
        with self._ledger.reading() as session:
            times = session.scalars(wanted.order_by(DeliveryRow.at.desc()).limit(at_most)).all()
        return [max(0.0, (now - datetime.fromisoformat(at)).total_seconds()) for at in times]

    def _update(self, message: Pending, **values: str) -> None:
        with self._ledger.writing() as session:
            session.execute(update(MessageRow).filter_by(id=message.id).values(**values))


def delivery_counts(ledger: Ledger, system: str) -> list[DeliveryCount]:
    """How many attempts there were, by channel and result, since the beginning.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    wanted = select(DeliveryRow.channel, DeliveryRow.result, func.count()).filter_by(system=system)
    with ledger.reading() as session:
        rows: Iterable[tuple[str, str, int]] = session.execute(
            wanted.group_by(DeliveryRow.channel, DeliveryRow.result)
        ).tuples()
        return [
            DeliveryCount(system=system, channel=channel, result=result, attempts=number)
            for channel, result, number in rows
        ]


def _pending(row: MessageRow) -> Pending:
    return Pending(
        id=row.id,
        topic=row.topic,
        reference=json.loads(row.reference),
        channel=row.channel,
        attempts=row.attempts,
        created_at=datetime.fromisoformat(row.created_at),
    )
