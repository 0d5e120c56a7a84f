"""What a message about a trial says when it is delivered: the account is looked up again, and its state decides.

Between writing a notice down and delivering it a customer may have paid, or been given more time. Then there is nothing
to tell any more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sereno.database.sessions import reading
from sereno.ledger.models import time_text
from sereno.messages.channels import route
from sereno.messages.delivery import Composed
from sereno.messages.message import Message, Recipient
from sereno.messages.outbox import Pending
from sereno.messages.template import Templates
from sereno.systems.model import System
from sereno.systems.sections.trials import Outcome, Trials
from sereno.trials.account import Account, State
from sereno.trials.accounts import Accounts
from sereno.trials.decide import Holds
from sereno.trials.schedule import last_day, reminder_steps

OUTCOMES = frozenset(Outcome)


@dataclass(frozen=True, slots=True)
class TrialComposer:
    """Writes the messages of `trial_expiry`."""

    system: System
    accounts: Accounts
    templates: Templates
    clock: Callable[[], datetime]

    def __call__(self, messages: Sequence[Pending]) -> Mapping[str, Composed]:
        """What each message says, or why nothing is said.

        Raises:
            SerenoError: the system cannot be read.
        """
        now = self.clock()
        holds = Holds.of(self.accounts.policy.holds, now=now, zone=self.accounts.zone)
        wanted = sorted({message.reference["account"] for message in messages})
        with reading(self.system, purpose="trial_expiry") as session:
            found = self.accounts.by_id(session, wanted, now=now)
        return {
            message.id: self._composed(message, found.get(message.reference["account"]), holds, now)
            for message in messages
        }

    def _composed(self, message: Pending, account: Account | None, holds: Holds, now: datetime) -> Composed:
        why = reason_to_cancel(message.reference, account, self.accounts.policy, holds, now)
        if why or account is None or account.ends_at is None:
            return Composed(canceled=why or "the account is gone")
        write = partial(self._written, topic=message.topic, reference=message.reference, account=account, now=now)
        return Composed(recipient=recipient_of(account), write=write)

    def _written(
        self,
        identifier: str,
        address: str,
        *,
        topic: str,
        reference: Mapping[str, str],
        account: Account,
        now: datetime,
    ) -> Message:
        values = values_of(account, self.system, now)
        rendered = self.templates.render(topic, account.locale, values)
        filled = {name: str(value) for name, value in values.items() if value is not None}
        return Message(
            id=identifier,
            address=address,
            subject=rendered.subject,
            text=rendered.text,
            html=rendered.html,
            topic=topic,
            locale=rendered.locale,
            reference=reference,
            values=filled,
        )


def recipient_of(account: Account) -> Recipient:
    """Whom a message about `account` goes to."""
    return Recipient(addresses=account.addresses, locale=account.locale, zone=account.zone, channels=account.channels)


def channels_to(account: Account, system: System) -> tuple[str, ...]:
    """The names of the channels that reach `account`, in their order."""
    return tuple(channel.name for channel in route(recipient_of(account), system.messages)) if system.messages else ()


def values_of(account: Account, system: System, now: datetime) -> dict[str, object]:
    """What a template may say: see docs/trials.md for each of them."""
    own = system.messages.values if system.messages else {}
    if account.ends_at is None:
        return {**own, "account": account.id, "name": account.name, "plan": account.plan}
    ends_on, today = last_day(account.ends_at, account.zone), now.astimezone(account.zone).date()
    days = (ends_on - today).days
    return {
        **own,
        "account": account.id,
        "name": account.name,
        "plan": account.plan,
        "price": system.prices.of(account.plan) if system.prices else None,
        "ends_on": ends_on,
        "days_left": max(0, days),
        "days_ago": max(0, -days),
    }


def reason_to_cancel(
    reference: Mapping[str, str], account: Account | None, policy: Trials, holds: Holds, now: datetime
) -> str:
    """Why there is nothing to tell any more; empty when there is."""
    step = reference["step"]
    if account is None or account.ends_at is None:
        return "the account is not on trial any more"
    if time_text(account.ends_at) != reference["trial_ends_at"]:
        return "the trial's end has moved"
    if holds.on(account) is not None:
        return "the account is left alone"
    if step in OUTCOMES:
        return _reason_to_keep_quiet(Outcome(step), account, policy)
    if account.paid or account.state not in {State.TRIALING, State.ENDED}:
        return "the account has become a customer"
    steps = reminder_steps(account.ends_at, account.zone, policy, plan=account.plan)
    own = next((each for each in steps if each.name == step), None)
    if own is None:
        return "the policy has no such step any more"
    if own.days >= 0 and (account.state is State.ENDED or now >= account.ends_at):
        return "the trial is over"
    if any(own.due_at < each.due_at <= now for each in steps):
        return "a later step has fallen due"
    return "it would come too late" if now - own.due_at > timedelta(days=policy.late_days) else ""


def _reason_to_keep_quiet(outcome: Outcome, account: Account, policy: Trials) -> str:
    if outcome not in policy.announce:
        return "the policy does not announce it any more"
    if outcome is Outcome.REACTIVATE:
        return "" if account.paid or account.state is State.CONVERTED else "the account was shut again"
    return "the account has become a customer" if account.paid else ""
