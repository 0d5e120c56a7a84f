"""Playing the coming days over today's accounts, read-only: when would whom be told what, and what is at stake.

It supposes that nobody pays and nobody is given more time: so it shows the most that can happen.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sereno.database.sessions import reading
from sereno.ledger import Ledger, open_ledger
from sereno.progress import Progress, silent
from sereno.systems.model import System
from sereno.systems.sections.trials import Outcome, Trials
from sereno.trials.account import Account, State
from sereno.trials.accounts import Accounts
from sereno.trials.composing import channels_to
from sereno.trials.decide import Holds, decide
from sereno.trials.notice import Notice
from sereno.trials.notices import untold
from sereno.trials.schedule import change_due_at, reminder_steps
from sereno.trials.simulated import SimulatedDay, Simulation


def simulate(system: System, *, now: datetime, days: int, progress: Progress = silent) -> Simulation:
    """Play the coming `days`.

    Args:
        system: whose accounts.
        now: with a time zone.
        days: how many, today not counted.
        progress: told of accounts.

    Raises:
        SerenoError: the system or the ledger cannot be read.
    """
    accounts = Accounts(system)
    today = now.astimezone(system.zone).date()
    played = Simulation(
        system=system.name, now=now, days={today + timedelta(days=each): SimulatedDay() for each in range(days + 1)}
    )
    player = _Player(system, accounts.policy, Holds.of(accounts.policy.holds, now=now, zone=system.zone), played)

    def looked_at(rows: int) -> None:
        played.looked_at += rows
        progress(done=played.looked_at, total=played.looked_at, what=f"{played.looked_at:,} accounts considered")

    with open_ledger() as ledger, reading(system, purpose="trial_expiry") as session:
        for some in accounts.that_matter(session, now=now, days=days, looked_at=looked_at):
            player.play_now(ledger, some)
            for account in some:
                player.play_on(account)
    return played


@dataclass(slots=True)
class _Player:
    system: System
    policy: Trials
    holds: Holds
    played: Simulation

    def play_now(self, ledger: Ledger, accounts: list[Account]) -> None:
        """What is due already and was not told."""
        now, today = self.played.now, next(iter(self.played.days.values()))
        due = []
        for account in accounts:
            decision = decide(account, self.policy, now=now, holds=self.holds)
            if decision.notice and account.ends_at and channels_to(account, self.system):
                due.append(Notice(account=account.id, ends_at=account.ends_at, step=decision.notice.name))
            if decision.change:
                today.changes[decision.change.outcome.value] += 1
                self._announce(today, account, decision.change.outcome)
                if account.state is State.TRIALING:
                    today.shut[account.plan] += 1
        for notice in untold(ledger, self.system.name, due) if due else ():
            today.messages[notice.step] += 1

    def play_on(self, account: Account) -> None:
        """What falls due later."""
        self.played.held += self.holds.on(account) is not None
        if account.state not in {State.TRIALING, State.ENDED} or account.paid or account.ends_at is None:
            return
        self.played.on_trial += account.state is State.TRIALING
        if self.holds.on(account) is not None:
            return
        steps = reminder_steps(account.ends_at, account.zone, self.policy, plan=account.plan)
        for step in steps if channels_to(account, self.system) else ():
            if (day := self._day(step.due_at)) and (step.days < 0 or account.state is State.TRIALING):
                day.messages[step.name] += 1
        outcome = self.policy.at_end_of(account.plan).outcome
        if outcome and account.state is State.TRIALING:
            shut_at = change_due_at(account.ends_at, account.zone, grace_days=self.policy.grace_days)
            if day := self._day(shut_at):
                day.changes[outcome.value] += 1
                self._announce(day, account, outcome)
                day.shut[account.plan] += 1

    def _announce(self, day: SimulatedDay, account: Account, outcome: Outcome) -> None:
        if outcome in self.policy.announce and channels_to(account, self.system):
            day.messages[f"told_of_{outcome}"] += 1

    def _day(self, moment: datetime) -> SimulatedDay | None:
        """The day of a moment that is still to come; None where it is not played."""
        if moment <= self.played.now:
            return None
        return self.played.days.get(moment.astimezone(self.system.zone).date())
