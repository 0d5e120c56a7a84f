"""An event loop whose timers are exact to some 0.1 ms; asyncio's own round up to the next millisecond.

A request that leaves late by the client's own fault would be charged to the server.
"""

from __future__ import annotations

import asyncio
import select
import selectors
import sys

_SOON = 0.002  # seconds
_LARGEST_DESCRIPTOR = 1000


def precise_loop() -> asyncio.AbstractEventLoop:
    """A new event loop; where the machine has no epoll, an ordinary one."""
    if sys.platform != "linux":
        return asyncio.new_event_loop()
    return asyncio.SelectorEventLoop(_PreciseSelector())


if sys.platform == "linux":

    class _PreciseSelector(selectors.EpollSelector):
        """epoll takes whole milliseconds; `select` takes less, and can wait for an epoll."""

        def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
            if timeout is not None and timeout > 0 and self.fileno() < _LARGEST_DESCRIPTOR:
                if timeout < _SOON:
                    select.select([self.fileno()], [], [], timeout)
                    timeout = 0
                else:
                    timeout -= _SOON / 2
            return super().select(timeout)
