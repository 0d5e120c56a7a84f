"""How much is sent: so many requests as fast as they are answered, or so many a second for so long."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from sereno.errors import ConfigurationError

USUAL_REQUESTS = 100
MOST_REQUESTS = 1_000_000
MOST_CONNECTIONS = 500
LONGEST_SECONDS = 3_600


@dataclass(frozen=True, kw_only=True)
class Load:
    """One load. Without `rate` it is closed: `concurrency` callers, each of whom waits for its answer.

    With `rate` it is open: a request leaves when it is due, whatever became of those before it, as long as one of
    `concurrency` connections is free; its latency counts from the moment at which it was due.
    """

    requests: int | None = None
    duration_seconds: float | None = None
    concurrency: int = 10
    rate: float | None = None
    warmup_requests: int = 0
    timeout_seconds: float = 30.0
    abort_error_percent: float = 50.0

    def __post_init__(self) -> None:
        """Refuse what has no end, or no meaning."""
        if self.rate is not None and self.duration_seconds is None:
            raise ConfigurationError("rate needs duration_seconds: so many requests a second, for how long?")
        if self.rate is not None and self.requests is not None:
            raise ConfigurationError(
                "rate and requests exclude each other: with a rate, the duration gives their number"
            )
        if self.requests is None and self.duration_seconds is None:
            raise ConfigurationError("the load has no end; give requests, or duration_seconds, or rate with a duration")
        if self.scheduled > MOST_REQUESTS:
            raise ConfigurationError(
                f"{self.scheduled:,} requests are more than the {MOST_REQUESTS:,} of one load check"
            )

    @property
    def scheduled(self) -> int:
        """How many requests there will be; 0 where only the duration is known."""
        if self.rate is not None and self.duration_seconds is not None:
            return max(1, math.floor(self.rate * self.duration_seconds))
        return self.requests or 0

    @property
    def longest_seconds(self) -> float:
        """When it ends at the latest, answered or not."""
        return (LONGEST_SECONDS if self.duration_seconds is None else self.duration_seconds) + self.timeout_seconds

    def __str__(self) -> str:
        """In words, the same for the same load."""
        connections = f"{self.concurrency} connection{'' if self.concurrency == 1 else 's'}"
        if self.rate is not None:
            return f"{self.rate:g} requests a second for {self.duration_seconds:g} s over at most {connections}"
        amount = f"{self.requests:,} requests" if self.requests is not None else "requests"
        limit = (
            f" for {'at most ' if self.requests else ''}{self.duration_seconds:g} s" if self.duration_seconds else ""
        )
        return f"{amount}{limit} over {connections}"


def load_of(*, requests: int | None, rate: float | None, duration_seconds: float | None, **more: Any) -> Load:
    """The load that parameters describe: 100 requests where they give no end.

    Raises:
        ConfigurationError: they contradict each other, or ask for too much.
    """
    if requests is None and rate is None and duration_seconds is None:
        requests = USUAL_REQUESTS
    return Load(requests=requests, rate=rate, duration_seconds=duration_seconds, **more)
