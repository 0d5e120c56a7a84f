"""What a live run changed, as a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sereno.systems.sections.trials import Outcome


@dataclass(slots=True)
class Changed:
    """What was changed. Problems are by account, each in one sentence."""

    by_outcome: Counter[Outcome] = field(default_factory=Counter)
    """Accounts that were changed and verified."""
    problems: dict[str, str] = field(default_factory=dict)
    resumed: int = 0
    """Batches that an earlier run left open and had committed."""
