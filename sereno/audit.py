"""The audit chain: who did what to which system, each event sealed by the hash of all that came before it.

The stored text of an event is canonical JSON, and the bytes that are kept are the bytes that were hashed. Anyone can
check a chain without Sereno: the hash of each event is SHA-256 over the 32 bytes of the previous hash (zeros at the
beginning) and the bytes of its text. A chain alone cannot show that its end was cut or that all of it was rewritten;
anchors can.
"""

from __future__ import annotations

import os
import pwd
from datetime import datetime

from pydantic import ValidationError
from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from sereno.errors import IntegrityError
from sereno.ledger import Ledger
from sereno.ledger.chain import (
    BEGINNING,
    INDEXED,
    Anchor,
    Event,
    Head,
    RecordedEvent,
    chain_hash,
    members,
    stored,
    subject_of,
)
from sereno.ledger.link import BrokenLink, Fault
from sereno.ledger.models import AuditRow, time_text
from sereno.ledger.serial import wait_for_turn
from sereno.ledger.verification import Verification, verify
from sereno.reports.model import AuditReference, Effect
from sereno.settings import Settings, load_settings

__all__ = [
    "Anchor",
    "BrokenLink",
    "Event",
    "Fault",
    "Head",
    "RecordedEvent",
    "Verification",
    "action",
    "actor_of_process",
    "append",
    "append_once",
    "append_within",
    "events",
    "head",
    "verify",
]

_INSERT = insert(AuditRow)
_CI_VARIABLES = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")
_LONGEST_ACTOR = 200


def append(ledger: Ledger, event: Event, *more: Event) -> AuditReference:
    """Append one event, or several of the same system, in one transaction; refers to the last of them.

    Raises:
        SerenoError: the ledger cannot be written.
        ValueError: the events are of different systems.
    """
    with ledger.writing() as session:
        return append_within(session, event, *more)


def append_once(ledger: Ledger, event: Event) -> AuditReference:
    """Append `event` unless it stands already; for steps that are tried again.

    It stands already when an event of the same flow run says the same in every column, its time among them. An earlier
    attempt of a flow run (the UI retries one under the same id) was another time, so its event is another one. An event
    of no flow run is always appended.

    Raises:
        SerenoError: the ledger cannot be written; perhaps only the answer was lost, so that the event stands.
    """
    with ledger.writing() as session:
        _wait_for_turn(session, event.system)
        return _standing(session, event) or append_within(session, event)


def append_within(session: Session, event: Event, *more: Event) -> AuditReference:
    """As `append`, as a part of the writing transaction `session`.

    Raises:
        ValueError: the events are of different systems.
    """
    system = event.system
    if any(other.system != system for other in more):
        raise ValueError("events of several systems cannot be appended at once: each system has a chain of its own")
    _wait_for_turn(session, system)
    newest = _head(session, system)
    sequence, previous = (newest.sequence, newest.hash) if newest else (0, BEGINNING)
    rows: list[dict[str, object]] = []
    for each in (event, *more):
        sequence += 1
        text, said = stored(each, sequence=sequence)
        sealed = chain_hash(previous, text)
        row: dict[str, object] = {name: said[name] for name in INDEXED}
        row.update(system=system, sequence=sequence, previous_hash=previous, hash=sealed, text=text)
        rows.append(row)
        previous = sealed
    session.connection().execute(_INSERT, rows)
    return AuditReference(sequence=sequence, hash=previous)


def head(ledger: Ledger, system: str) -> Head | None:
    """The newest event of the chain of `system`; None when it has none.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    with ledger.reading() as session:
        return _head(session, system)


def events(
    ledger: Ledger,
    system: str,
    *,
    limit: int = 100,
    offset: int = 0,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> tuple[RecordedEvent, ...]:
    """The events of `system`, newest first. Decimals among the figures come back as strings.

    Args:
        ledger: where they are.
        system: whose they are.
        limit: at most so many.
        offset: leave out so many of the newest.
        action: only this action.
        since: only events of this moment or later; with a time zone.
        until: only events before this moment; with a time zone.

    Raises:
        IntegrityError: the text of an event cannot be read; `verify` says more.
        SerenoError: the ledger cannot be read.
    """
    wanted = select(AuditRow.sequence, AuditRow.previous_hash, AuditRow.hash, AuditRow.text)
    wanted = wanted.where(AuditRow.system == system).order_by(AuditRow.sequence.desc()).limit(limit).offset(offset)
    if action is not None:
        wanted = wanted.where(AuditRow.action == action)
    if since is not None:
        wanted = wanted.where(AuditRow.time >= time_text(since))
    if until is not None:
        wanted = wanted.where(AuditRow.time < time_text(until))
    with ledger.reading() as session:
        return tuple(_recorded(system, *row) for row in session.execute(wanted))


def action(job: str, effect: Effect) -> str:
    """What the chain calls a run: `RUN_BACKUP`, `PREVIEW_RESTORE`, and, of maintenance, `RUN_API_MAINTENANCE`."""
    return f"{'PREVIEW' if effect is Effect.DRY_RUN else 'RUN'}_{subject_of(job)}"


def actor_of_process(settings: Settings | None = None) -> tuple[str, str]:
    """Who is acting, and how we know: SERENO_ACTOR, else the user of a CI run, else the login of this process."""
    settings = settings or load_settings()
    if settings.actor and (actor := _tame(settings.actor)):
        return actor, "SERENO_ACTOR"
    for variable in _CI_VARIABLES:
        if actor := _tame(os.environ.get(variable, "")):
            return actor, variable
    try:
        return _tame(pwd.getpwuid(os.getuid()).pw_name), "login"
    except KeyError:  # a container may run as a user that it has no name for
        return f"uid {os.getuid()}", "login"


def _wait_for_turn(session: Session, system: str) -> None:
    wait_for_turn(session, name=f"sereno audit {system}")


def _standing(session: Session, event: Event) -> AuditReference | None:
    if event.flow_run_id is None:
        return None
    _, said = stored(event, sequence=0)
    same = select(AuditRow.sequence, AuditRow.hash).where(AuditRow.system == event.system)
    row = session.execute(same.where(*(getattr(AuditRow, name) == said[name] for name in INDEXED))).first()
    return AuditReference(sequence=row.sequence, hash=row.hash) if row else None


def _head(session: Session, system: str) -> Head | None:
    newest = select(AuditRow.sequence, AuditRow.hash).where(AuditRow.system == system)
    row = session.execute(newest.order_by(AuditRow.sequence.desc()).limit(1)).first()
    return Head(sequence=row.sequence, hash=row.hash) if row else None


def _recorded(system: str, sequence: int, previous_hash: str, sealed: str, text: str) -> RecordedEvent:
    said = members(text) or {}
    said.pop("schema", None)
    try:
        return RecordedEvent.model_validate({**said, "previous_hash": previous_hash, "hash": sealed})
    except ValidationError:
        raise IntegrityError(
            f"audit event {sequence} of {system} cannot be read; `sereno audit verify {system}` says what is wrong"
        ) from None


def _tame(name: str) -> str:
    return "".join(letter for letter in " ".join(name.split()) if letter.isprintable())[:_LONGEST_ACTOR]
