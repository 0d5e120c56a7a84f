"""When requests are due: as soon as the one before is answered, or by the clock."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


class Pace(Protocol):
    """Hands out the moments at which requests are due, each once."""

    @property
    def over(self) -> bool:
        """Whether none is left."""

    def take(self, now: float) -> float | None:
        """When the next request was or is due, if that is not after `now`."""

    def next_due(self) -> float:
        """When the next one will be due, which `take` did not give yet; infinite when none is left."""

    def untaken(self, now: float) -> Iterator[float]:
        """The moments up to `now` that were never taken."""


@dataclass
class Closed:
    """So many requests, each as soon as a connection is free: a slow server gets fewer of them."""

    requests: int | None
    until: float = math.inf
    taken: int = 0

    @property
    def over(self) -> bool:
        """Whether none is left; whether time is up shows at `take`."""
        return self.requests is not None and self.taken >= self.requests

    def take(self, now: float) -> float | None:
        """Now, as long as there are requests and time."""
        if now >= self.until:
            self.requests = self.taken
        if self.over:
            return None
        self.taken += 1
        return now

    def next_due(self) -> float:
        """At once, or never."""
        return math.inf if self.over else 0.0

    def untaken(self, now: float) -> Iterator[float]:  # noqa: ARG002 (the protocol's)
        """None: nothing is due by the clock."""
        return iter(())


@dataclass
class Open:
    """So many requests a second, whatever the server does: one that stalls finds them all waiting afterwards."""

    started: float
    rate: float
    requests: int
    taken: int = 0

    @property
    def over(self) -> bool:
        """Whether all were taken."""
        return self.taken >= self.requests

    def take(self, now: float) -> float | None:
        """The moment of the next one, if it has come."""
        due = self.next_due()
        if due > now:
            return None
        self.taken += 1
        return due

    def next_due(self) -> float:
        """Its place in the schedule."""
        return math.inf if self.over else self.started + self.taken / self.rate

    def untaken(self, now: float) -> Iterator[float]:
        """What the schedule still held."""
        while (due := self.take(now)) is not None:
            yield due
