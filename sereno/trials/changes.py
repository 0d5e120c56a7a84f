"""Changing accounts by the system's own statements: in bounded batches with intents, each account verified afterwards.

A batch that fails is halved until the accounts that cannot be changed stand alone; the others are changed. Whether a
change took place is seen in the system: an account for which it is not due any more has had it, or does not need it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pydantic import JsonValue

from sereno.database.sessions import changing, reading
from sereno.errors import SerenoError
from sereno.intents import Figures, IntentLog, Keys, carry_out, resume
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.models import time_text
from sereno.progress import Progress, silent
from sereno.systems.model import System
from sereno.systems.sections.trials import Outcome
from sereno.trials.account import Account
from sereno.trials.accounts import Accounts, policy_of, statement
from sereno.trials.changed import Changed
from sereno.trials.composing import channels_to
from sereno.trials.decide import due_change
from sereno.trials.notice import JOB, Notice
from sereno.trials.notices import tell
from sereno.trials.planned import PlannedChange, TrialPlan

BATCH = 100
"""How many accounts are changed in one transaction."""
_SILENT_AFTER = 3
"""Accounts in a row that fail because the system does not answer, after which the rest is left to the next run."""


def change_accounts(
    system: System, plan: TrialPlan, *, run_id: str, now: datetime | None = None, progress: Progress = silent
) -> Changed:
    """Carry out the changes of `plan`.

    To be called while holding the exclusion of the job.

    Args:
        system: whose accounts.
        plan: what is due.
        run_id: the run, for the intents.
        now: with a time zone; default: the clock's.
        progress: told of accounts.

    Raises:
        SerenoError: the ledger cannot be written, or the system does not answer.
    """
    done = Changed()
    with open_ledger() as ledger:
        work = _Work(system, ledger, run_id, now or datetime.now(UTC), done)
        for outcome in Outcome:
            wanted = [change for change in plan.changes if change.outcome is outcome]
            for begin in range(0, len(wanted), BATCH):
                work.change(outcome, wanted[begin : begin + BATCH])
                progress(done=begin + BATCH, total=len(wanted), what=f"{outcome} {len(wanted):,} accounts")
    return done


def settle_changes(system: System, *, run_id: str, now: datetime | None = None) -> int:
    """Ask the system about the batches that a killed run left open, and settle them; how many had been committed.

    Raises:
        SerenoError: the ledger or the system cannot be read.
    """
    with open_ledger() as ledger:
        work = _Work(system, ledger, run_id, now or datetime.now(UTC), Changed())
        settled = 0
        for outcome in Outcome:
            settled += len(resume(work.log(outcome), work.was_committed(outcome)).settled)
        return settled


@dataclass(slots=True)
class _Work:
    system: System
    ledger: Ledger
    run_id: str
    now: datetime
    done: Changed
    unanswered: int = 0

    def log(self, outcome: Outcome) -> IntentLog:
        return IntentLog(self.ledger, system=self.system.name, job=JOB, step=outcome.value, run_id=self.run_id)

    def change(self, outcome: Outcome, changes: Sequence[PlannedChange]) -> None:
        """Change a batch; when it fails, its halves."""
        keys: list[JsonValue] = [[str(each.key), time_text(each.ends_at) if each.ends_at else ""] for each in changes]
        try:
            carry_out(self.log(outcome), keys, self._commit(outcome), self.was_committed(outcome))
        except SerenoError as error:
            if len(changes) > 1:
                middle = len(changes) // 2
                self.change(outcome, changes[:middle])
                self.change(outcome, changes[middle:])
                return
            self.done.problems[str(changes[0].key)] = str(error)
            self.unanswered = 0 if error.permanent else self.unanswered + 1
            if self.unanswered >= _SILENT_AFTER:
                raise
        else:
            self.unanswered = 0
            self._verify(outcome, changes)

    def was_committed(self, outcome: Outcome) -> Callable[[Keys], Figures | None]:
        def ask(keys: Keys) -> Figures | None:
            if any(True for _ in self._still_due(outcome, [identifier for identifier, _ in _pairs(keys)])):
                return None
            self._announce(outcome, keys)
            return {"accounts": len(keys)}

        return ask

    def _commit(self, outcome: Outcome) -> Callable[[Keys], Figures]:
        sql = statement(self.system, f"trials.{outcome}")

        def commit(keys: Keys) -> Figures:
            due = [account.key for account in self._still_due(outcome, [identifier for identifier, _ in _pairs(keys)])]
            with changing(self.system, purpose=JOB) as session, session.transaction():
                changed = session.execute(sql, {"ids": due, "now": self.now}) if due else 0
            self._announce(outcome, keys)
            return {"accounts": changed}

        return commit

    def _still_due(self, outcome: Outcome, identifiers: Sequence[str]) -> Iterator[Account]:
        policy = policy_of(self.system)
        for account in self._found(identifiers).values():
            change = due_change(account, policy, self.now)
            if change is not None and change.outcome is outcome:
                yield account

    def _found(self, identifiers: Sequence[str]) -> dict[str, Account]:
        with reading(self.system, purpose=JOB) as session:
            return Accounts(self.system).by_id(session, identifiers, now=self.now)

    def _verify(self, outcome: Outcome, changes: Sequence[PlannedChange]) -> None:
        left = {account.id for account in self._still_due(outcome, [str(each.key) for each in changes])}
        for identifier in left:
            self.done.problems[identifier] = f"sql/trials.{outcome}.sql ran, and the account is as it was"
        self.done.by_outcome[outcome] += len(changes) - len(left)

    def _announce(self, outcome: Outcome, keys: Keys) -> None:
        policy = policy_of(self.system)
        if outcome in policy.announce:
            found = self._found([identifier for identifier, _ in _pairs(keys)])
            notices = [
                Notice(account=identifier, ends_at=datetime.fromisoformat(ends_at), step=outcome.value)
                for identifier, ends_at in _pairs(keys)
                if ends_at and identifier in found and channels_to(found[identifier], self.system)
            ]
            tell(self.ledger, self.system.name, notices, now=self.now, run_id=self.run_id)


def _pairs(keys: Keys) -> Iterator[tuple[str, str]]:
    for key in keys:
        if isinstance(key, list) and len(key) == 2:
            yield str(key[0]), str(key[1])
