"""The coming days of a system's trials, as values."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(slots=True)
class SimulatedDay:
    """A day of the system's own zone: messages by step, changes by outcome, and the plans of accounts that are shut."""

    messages: Counter[str] = field(default_factory=Counter)
    changes: Counter[str] = field(default_factory=Counter)
    shut: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True, kw_only=True)
class Simulation:
    """The coming days, today first."""

    system: str
    now: datetime
    days: dict[date, SimulatedDay]
    looked_at: int = 0
    on_trial: int = 0
    held: int = 0

    @property
    def shut(self) -> Counter[str]:
        """The accounts that would be shut, by plan."""
        total: Counter[str] = Counter()
        for day in self.days.values():
            total += day.shut
        return total
