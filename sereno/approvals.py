"""Approvals as data: a first run says what it would do, a second one may do exactly that, once, within some hours.

The first run writes a plan to the ledger. The second is given its id, computes the same preview again and is refused
unless nothing that matters has changed since. No run waits meanwhile: paused runs lose their locks. Whoever may start
a run may start both, so this is a second look, not an authorisation.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pydantic import JsonValue

from sereno.errors import RefusedError
from sereno.ledger import Ledger
from sereno.ledger.canonical import canonical_json
from sereno.ledger.models import PlanRow, time_text
from sereno.ledger.serial import wait_for_turn

_NAMED = 5


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What a run would do. `decides` must be the same when it is done; `shown` may have moved on by then."""

    decides: Mapping[str, JsonValue]
    shown: Mapping[str, JsonValue]

    @property
    def digest(self) -> str:
        """SHA-256 of what must not change."""
        return hashlib.sha256(canonical_json(self.decides).encode()).hexdigest()


@dataclass(frozen=True, kw_only=True)
class Approval:
    """A plan that was written down; `id` is what the second run is given."""

    id: str
    preview: Preview
    expires_at: datetime


def ask(
    ledger: Ledger, preview: Preview, *, system: str, job: str, asked_by: str, now: datetime, valid_for: timedelta
) -> Approval:
    """Write down what a run of `job` would do.

    Args:
        ledger: where.
        preview: what it would do; counts and names of things, never of people.
        system: the system's name.
        job: the job's name.
        asked_by: who looked.
        now: with a time zone.
        valid_for: how long it may be used.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    approval = Approval(id=secrets.token_hex(6), preview=preview, expires_at=now + valid_for)
    row = PlanRow(
        id=approval.id,
        system=system,
        job=job,
        digest=preview.digest,
        summary=canonical_json({"decides": preview.decides, "shown": preview.shown}),
        asked_by=asked_by,
        asked_at=time_text(now),
        expires_at=time_text(approval.expires_at),
    )
    with ledger.writing() as session:
        session.add(row)
    return approval


def use(ledger: Ledger, identifier: str, preview: Preview, *, system: str, job: str, run: str, now: datetime) -> None:
    """Let the run `run` act on the plan `identifier`, which nobody can use again from here on.

    Args:
        ledger: where the plan is.
        identifier: the plan's id.
        preview: what the run would do, computed anew.
        system: whose plan it has to be.
        job: of which job.
        run: kept as who used it.
        now: with a time zone.

    Raises:
        RefusedError: there is no such plan of this job and system, it was used or has expired, or something changed.
        SerenoError: the ledger cannot be written.
    """
    with ledger.writing() as session:
        wait_for_turn(session, name=f"sereno plan {identifier}")
        plan = session.get(PlanRow, identifier)
        if plan is None or (plan.system, plan.job) != (system, job):
            other = f"; it is of {plan.job} of {plan.system}" if plan else ""
            raise _refused(identifier, f"is none of {job} of {system}{other}")
        if plan.used_at is not None:
            raise _refused(identifier, f"was used at {plan.used_at} by run {plan.used_by}")
        if now >= datetime.fromisoformat(plan.expires_at):
            raise _refused(identifier, f"expired at {plan.expires_at}")
        if plan.digest != preview.digest:
            decides = json.loads(canonical_json(preview.decides))
            changed = list(differences(json.loads(plan.summary)["decides"], decides))
            more = f" and {len(changed) - _NAMED} more" if len(changed) > _NAMED else ""
            raise _refused(identifier, f"is of another state; changed since: {', '.join(changed[:_NAMED])}{more}")
        plan.used_at = time_text(now.astimezone(UTC))
        plan.used_by = run


def differences(before: Mapping[str, JsonValue], after: Mapping[str, JsonValue]) -> Iterator[str]:
    """The names of what differs; of what is itself made of named things, the names of those."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if isinstance(old, dict) and isinstance(new, dict):
            yield from (f"{name}: {inner}" for inner in differences(old, new))
        elif old != new:
            yield name


def _refused(identifier: str, why: str) -> RefusedError:
    return RefusedError(f"approval {identifier[:40]!r} {why}; look at a new dry run, which gives a new approval")
