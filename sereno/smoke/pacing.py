"""No more requests in a minute than a system takes."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

_WINDOW_SECONDS = 60.0
_MARGIN_SECONDS = 0.5  # the other side counts by its own clock

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]


class Pace:
    """Lets so many pass in any 60 seconds, and has the next one wait."""

    def __init__(self, per_minute: int | None, *, clock: Clock, sleep: Sleep = asyncio.sleep) -> None:
        """Let everything pass where `per_minute` is None."""
        self._per_minute = per_minute
        self._clock, self._sleep = clock, sleep
        self._passed: deque[float] = deque(maxlen=per_minute)
        self._lock = asyncio.Lock()

    async def turn(self) -> None:
        """Wait until one more may be sent."""
        if self._per_minute is None:
            return
        async with self._lock:
            if len(self._passed) == self._per_minute:
                wait = self._passed[0] + _WINDOW_SECONDS + _MARGIN_SECONDS - self._clock()
                if wait > 0:
                    await self._sleep(wait)
            self._passed.append(self._clock())
