"""What became of the messages of one run, as a value."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True, kw_only=True)
class Deliveries:
    """What became of the messages of one run."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Attempts, by channel and result."""
    delivered: int = 0
    failed: int = 0
    """Messages that every channel refused, or none took in time."""
    unreachable: int = 0
    """Messages for people whom no channel reaches."""
    unwritten: int = 0
    """Messages that wait because their template is wrong."""
    down: set[str] = field(default_factory=set)
    """Channels that took nothing any more."""
    canceled: int = 0
    postponed: int = 0
    waiting: int = 0
    """How many are left for later runs."""
    problems: Counter[str] = field(default_factory=Counter)
    """Why attempts failed, each with how often; no personal data."""
