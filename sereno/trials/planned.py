"""What is due in a system, as values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from sereno.systems.sections.trials import Outcome
from sereno.trials.account import Key
from sereno.trials.decide import Contradiction
from sereno.trials.notice import Notice

NAMED = 20
"""How many accounts are named of each kind of contradiction."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNotice:
    """A message to one account."""

    notice: Notice
    plan: str
    due_at: datetime
    zone: str
    channels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """A change of one account."""

    key: Key
    plan: str
    ends_at: datetime | None
    zone: str
    outcome: Outcome
    due_at: datetime
    channels: tuple[str, ...] = ()
    """By which the account is told of it, in their order; empty where it is not told."""


@dataclass(slots=True)
class Tally:
    """How many accounts, and the ids of the first of them."""

    count: int = 0
    accounts: list[str] = field(default_factory=list)

    def add(self, account: str) -> None:
        """One more."""
        self.count += 1
        if len(self.accounts) < NAMED:
            self.accounts.append(account)


@dataclass(slots=True, kw_only=True)
class TrialPlan:
    """What is due. Bounded: what is beyond the bounds of a run is only counted."""

    system: str
    now: datetime
    looked_at: int = 0
    notices: list[PlannedNotice] = field(default_factory=list)
    changes: list[PlannedChange] = field(default_factory=list)
    more_notices: int = 0
    more_changes: int = 0
    told_before: int = 0
    lapsed: Tally = field(default_factory=Tally)
    held: dict[str, Tally] = field(default_factory=dict)
    """By the reason of the hold."""
    contradictions: dict[Contradiction, Tally] = field(default_factory=dict)
    at_stake: Counter[str] = field(default_factory=Counter)
    """The accounts that a change would shut, by plan."""

    @property
    def messages(self) -> int:
        """How many messages are due: notices, and the announcements of the changes that the plan holds."""
        return len(self.notices) + self.more_notices + sum(bool(change.channels) for change in self.changes)
