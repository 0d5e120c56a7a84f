"""What is due for one account now: a message, a change, or neither; and where its state contradicts the policy.

Everything is decided by deadlines, never by whether a run took place: a step is due once its moment has passed. Of
several that have passed only the newest one counts, so that after an outage nobody gets three messages at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from sereno.systems.sections.trials import Outcome, TrialHold, Trials
from sereno.trials.account import Account, State
from sereno.trials.schedule import Step, change_due_at, reminder_steps


class Contradiction(StrEnum):
    """What is wrong with an account, as a statement that should hold of every account."""

    ENDED_YET_ACTIVE = "no account whose trial ended still has access"
    ENDED_YET_PAID = "no account that is paid for is shut"
    TRIALING_YET_PAID = "no account that is paid for is still on trial"
    LONG_PAST = "no trial goes on long after its end"
    NO_END = "every trial has an end"
    NO_CONTACT = "every account with something to be told can be written to"
    UNKNOWN_STATUS = "every status has a meaning"
    UNKNOWN_ZONE = "every account has a time zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change that is due since a moment."""

    outcome: Outcome
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What is due for an account. Whether a message was sent before is not known here."""

    notice: Step | None = None
    change: Change | None = None
    lapsed: Step | None = None
    """A message that fell due too long ago to be sent."""
    hold: str | None = None
    """Why nothing is due, where somebody wrote down that the account is to be left alone."""
    contradictions: tuple[Contradiction, ...] = ()


@dataclass(frozen=True, slots=True)
class Holds:
    """Who is left alone today."""

    accounts: dict[str, str]
    tenants: dict[str, str]

    @classmethod
    def of(cls, holds: tuple[TrialHold, ...], *, now: datetime, zone: ZoneInfo) -> Holds:
        """Those of `holds` that last beyond `now`, whose days are those of `zone`."""
        today = now.astimezone(zone).date()
        lasting = [hold for hold in holds if hold.until is None or today <= hold.until]
        return cls(
            accounts={hold.account: hold.reason for hold in lasting if hold.account is not None},
            tenants={hold.tenant: hold.reason for hold in lasting if hold.tenant is not None},
        )

    def on(self, account: Account) -> str | None:
        """Why `account` is left alone, if it is."""
        return self.accounts.get(account.id) or self.tenants.get(account.tenant)


def decide(account: Account, policy: Trials, *, now: datetime, holds: Holds) -> Decision:
    """What is due for `account` at `now`."""
    contradictions = _contradictions(account, policy, now)
    if (hold := holds.on(account)) is not None:
        return Decision(hold=hold, contradictions=contradictions)
    change = due_change(account, policy, now)
    step = due_notice(account, policy, now)
    if step is None or (change and change.outcome in policy.announce):
        return Decision(change=change, contradictions=contradictions)
    if now - step.due_at > timedelta(days=policy.late_days):
        return Decision(change=change, lapsed=step, contradictions=contradictions)
    if not account.zone_known:
        contradictions = (*contradictions, Contradiction.UNKNOWN_ZONE)
    return Decision(notice=step, change=change, contradictions=contradictions)


def due_change(account: Account, policy: Trials, now: datetime) -> Change | None:
    """The change that is due for `account`."""
    if account.state is State.ENDED and account.paid and policy.reactivate:
        return Change(outcome=Outcome.REACTIVATE, due_at=now)
    outcome = policy.at_end_of(account.plan).outcome
    if account.state is not State.TRIALING or account.paid or account.ends_at is None or outcome is None:
        return None
    due_at = _change_due_at(account, account.ends_at, policy)
    return Change(outcome=outcome, due_at=due_at) if due_at is not None and due_at <= now else None


def due_notice(account: Account, policy: Trials, now: datetime) -> Step | None:
    """The newest message that has fallen due, if there still is something to tell."""
    if account.paid or account.ends_at is None or account.state not in {State.TRIALING, State.ENDED}:
        return None
    steps = reminder_steps(account.ends_at, account.zone, policy, plan=account.plan)
    due = [step for step in steps if step.due_at <= now]
    newest = due[-1] if due else None
    if newest is not None and newest.days >= 0 and (now >= account.ends_at or account.state is State.ENDED):
        return None
    return newest


def _change_due_at(account: Account, ends_at: datetime, policy: Trials) -> datetime | None:
    try:
        return change_due_at(ends_at, account.zone, grace_days=policy.grace_days)
    except OverflowError:
        return None


def _contradictions(account: Account, policy: Trials, now: datetime) -> tuple[Contradiction, ...]:
    found = []
    if account.state is State.UNKNOWN:
        found.append(Contradiction.UNKNOWN_STATUS)
    if account.state is State.ENDED and account.paid:
        found.append(Contradiction.ENDED_YET_PAID)
    elif account.state is State.ENDED and account.active:
        found.append(Contradiction.ENDED_YET_ACTIVE)
    if account.state is State.TRIALING:
        if account.paid:
            found.append(Contradiction.TRIALING_YET_PAID)
        elif account.ends_at is None:
            found.append(Contradiction.NO_END)
        elif now - account.ends_at > timedelta(days=policy.long_past_days):
            found.append(Contradiction.LONG_PAST)
    return tuple(found)
