"""Watching the client itself: a client that comes to its own end measures itself, and has to say so."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from sereno.load.histogram import Histogram

_EVERY = 0.01  # seconds
_MOST_MISSED = 10_000  # ticks
BUSY_PERCENT = 85.0
LATE_SECONDS = 0.02


@dataclass(frozen=True, kw_only=True)
class ClientState:
    """How the client fared. `lag` is by how much its event loop was late, in seconds."""

    cpu_percent: float
    lag_p99_seconds: float
    lag_largest_seconds: float

    @property
    def limits(self) -> tuple[str, ...]:
        """Why the figures say more about the client than about the system; empty when they do not."""
        found = []
        if self.cpu_percent >= BUSY_PERCENT:
            found.append(f"it used {self.cpu_percent:.0f} % of the one core that it can use")
        if self.lag_p99_seconds >= LATE_SECONDS:
            found.append(f"its event loop was {self.lag_p99_seconds * 1000:.0f} ms late at the 99th percentile")
        return tuple(found)


class Watch:
    """Ticks on the running event loop, from `start` to `stop`; use both in the loop's thread."""

    def __init__(self) -> None:
        """Nothing is watched yet."""
        self._loop = asyncio.get_running_loop()
        self._lag = Histogram()
        self._timer: asyncio.TimerHandle | None = None
        self._began = self._cpu = 0.0

    def start(self) -> None:
        """Begin."""
        self._began, self._cpu = self._loop.time(), time.thread_time()
        self._timer = self._loop.call_at(self._began + _EVERY, self._tick, self._began + _EVERY)

    def stop(self) -> ClientState:
        """End, and say what was seen."""
        if self._timer:
            self._timer.cancel()
        wall = max(self._loop.time() - self._began, 1e-9)
        return ClientState(
            cpu_percent=100 * (time.thread_time() - self._cpu) / wall,
            lag_p99_seconds=self._lag.percentile(99) if self._lag.count else 0.0,
            lag_largest_seconds=self._lag.largest,
        )

    def note(self, lag: float) -> None:
        """Count a tick that came `lag` seconds late, and those that should have come meanwhile."""
        self._lag.record(max(0.0, lag))
        for missed in range(1, min(int(lag / _EVERY), _MOST_MISSED) + 1):
            self._lag.record(max(0.0, lag - missed * _EVERY))

    def _tick(self, wanted: float) -> None:
        now = self._loop.time()
        self.note(now - wanted)
        self._timer = self._loop.call_at(now + _EVERY, self._tick, now + _EVERY)
