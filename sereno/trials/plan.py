"""What is due in a system now: computed alike by a dry run, which shows it, and by a live one, which does it."""

from __future__ import annotations

from datetime import datetime

from sereno.database.sessions import reading
from sereno.ledger import Ledger, open_ledger
from sereno.progress import Progress, silent
from sereno.systems.model import System
from sereno.systems.sections.trials import Outcome
from sereno.trials.account import Account
from sereno.trials.accounts import Accounts
from sereno.trials.composing import channels_to
from sereno.trials.decide import Change, Contradiction, Decision, Holds, decide
from sereno.trials.notice import Notice
from sereno.trials.notices import untold
from sereno.trials.planned import PlannedChange, PlannedNotice, Tally, TrialPlan
from sereno.trials.schedule import Step

_ASKED_AT_ONCE = 1_000
"""About how many accounts the ledger is asked about together."""


def plan_trials(
    system: System, *, now: datetime, max_messages: int, max_changes: int, progress: Progress = silent
) -> TrialPlan:
    """Everything that is due at `now`.

    Args:
        system: whose accounts.
        now: with a time zone.
        max_messages: how many messages the plan holds; the others are counted.
        max_changes: the same of changes.
        progress: told of accounts.

    Raises:
        SerenoError: the system or the ledger cannot be read.
    """
    accounts = Accounts(system)
    holds = Holds.of(accounts.policy.holds, now=now, zone=system.zone)
    plan = TrialPlan(system=system.name, now=now)
    steps: list[tuple[Account, Step]] = []

    def looked_at(rows: int) -> None:
        plan.looked_at += rows
        progress(done=plan.looked_at, total=plan.looked_at, what=f"{plan.looked_at:,} accounts considered")

    with open_ledger() as ledger, reading(system, purpose="trial_expiry") as session:
        for some in accounts.that_matter(session, now=now, looked_at=looked_at):
            decided = [(account, decide(account, accounts.policy, now=now, holds=holds)) for account in some]
            for account, decision in decided:
                _add_facts(plan, account, decision)
                if decision.change:
                    _add_change(plan, system, account, decision.change, at_most=max_changes)
            steps += [(account, decision.notice) for account, decision in decided if decision.notice]
            if len(steps) >= _ASKED_AT_ONCE:
                _add_notices(plan, system, ledger, steps, at_most=max_messages)
                steps = []
        _add_notices(plan, system, ledger, steps, at_most=max_messages)
    return plan


def _add_facts(plan: TrialPlan, account: Account, decision: Decision) -> None:
    for contradiction in decision.contradictions:
        _contradict(plan, contradiction, account)
    if decision.hold:
        plan.held.setdefault(decision.hold, Tally()).add(account.id)
    if decision.lapsed:
        plan.lapsed.add(account.id)


def _add_change(plan: TrialPlan, system: System, account: Account, change: Change, *, at_most: int) -> None:
    told = system.trials is not None and change.outcome in system.trials.announce
    channels = channels_to(account, system) if told else ()
    if told and not channels:
        _contradict(plan, Contradiction.NO_CONTACT, account)
    if change.outcome is not Outcome.REACTIVATE:
        plan.at_stake[account.plan] += 1
    if len(plan.changes) >= at_most:
        plan.more_changes += 1
        return
    plan.changes.append(
        PlannedChange(
            key=account.key,
            plan=account.plan,
            ends_at=account.ends_at,
            zone=account.zone.key,
            outcome=change.outcome,
            due_at=change.due_at,
            channels=channels,
        )
    )


def _add_notices(
    plan: TrialPlan, system: System, ledger: Ledger, steps: list[tuple[Account, Step]], *, at_most: int
) -> None:
    due: dict[tuple[str, str, str], PlannedNotice] = {}
    for account, step in steps:
        channels = channels_to(account, system)
        if not channels:
            _contradict(plan, Contradiction.NO_CONTACT, account)
        if account.ends_at is None or not channels:
            continue
        notice = Notice(account=account.id, ends_at=account.ends_at, step=step.name)
        due[notice.key] = PlannedNotice(
            notice=notice,
            plan=account.plan,
            due_at=step.due_at,
            zone=account.zone.key,
            channels=channels,
        )
    new = untold(ledger, system.name, [planned.notice for planned in due.values()]) if due else []
    plan.told_before += len(due) - len(new)
    room = max(0, at_most - len(plan.notices))
    plan.more_notices += max(0, len(new) - room)
    plan.notices += [due[notice.key] for notice in new[:room]]


def _contradict(plan: TrialPlan, contradiction: Contradiction, account: Account) -> None:
    plan.contradictions.setdefault(contradiction, Tally()).add(account.id)
