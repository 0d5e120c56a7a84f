"""When a message may go: not in quiet hours, not faster than a channel bears, not too often to one address."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.systems.sections.messages import QuietHours

_MINUTE = 60.0
BACKOFF = (timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2), timedelta(hours=6))
"""How long a message waits after its first, second, ... failed attempt; the last one from then on."""


def quiet_until(now: datetime, zone: ZoneInfo, quiet: QuietHours | None) -> datetime | None:
    """When the quiet hours in which `now` lies are over, in UTC; None when it is not quiet."""
    if quiet is None:
        return None
    local = now.astimezone(zone)
    begin, end = quiet.begin_hour, quiet.end_hour
    is_quiet = begin <= local.hour < end if begin < end else local.hour >= begin or local.hour < end
    if not is_quiet:
        return None
    day = local.date() if local.hour < end else local.date() + timedelta(days=1)
    over = datetime(day.year, day.month, day.day, end, tzinfo=zone).astimezone(UTC)
    return max(over, now.astimezone(UTC) + timedelta(minutes=1))  # an hour that the clocks repeat or leave out


def next_attempt_at(now: datetime, *, attempts: int) -> datetime:
    """When a message is tried again after its failed attempt number `attempts`."""
    return now + BACKOFF[min(attempts, len(BACKOFF)) - 1]


class Pace:
    """Lets at most so many through in any minute, and makes the others wait."""

    def __init__(
        self,
        per_minute: int | None,
        *,
        sent_seconds_ago: Iterable[float] = (),
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """Bound a channel.

        Args:
            per_minute: how many; None for no bound.
            sent_seconds_ago: what went before this process began.
            clock: seconds that only grow.
            sleep: how to wait.
        """
        self._clock, self._sleep = clock, sleep
        self._most = per_minute
        now = clock()
        self._sent = deque(sorted(now - ago for ago in sent_seconds_ago), maxlen=per_minute or 1)

    def wait(self) -> None:
        """Wait for the turn of one more, and count it."""
        if self._most is None:
            return
        if len(self._sent) == self._most and (rest := self._sent[0] + _MINUTE - self._clock()) > 0:
            self._sleep(rest)
        self._sent.append(self._clock())
