"""A step of one trial that is told once."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from sereno.ledger.models import time_text
from sereno.messages.identity import stable_id

JOB = "trial_expiry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One step of one trial. A trial whose end moves is another trial, with steps of its own."""

    account: str
    ends_at: datetime
    step: str
    trial_ends_at: str = field(init=False)
    """The end as the ledger writes it."""

    def __post_init__(self) -> None:
        """Write the end down once; it is asked for often."""
        object.__setattr__(self, "trial_ends_at", time_text(self.ends_at))

    @property
    def key(self) -> tuple[str, str, str]:
        """What makes it the only one of its kind within a system."""
        return (self.account, self.trial_ends_at, self.step)

    @property
    def reference(self) -> dict[str, str]:
        """What the outbox keeps of it."""
        return {"account": self.account, "trial_ends_at": self.trial_ends_at, "step": self.step}

    def message_id(self, system: str) -> str:
        """The id of its message: the same whenever it is told."""
        return stable_id(system, JOB, *self.key)
