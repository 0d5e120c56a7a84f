"""When the next backups can be expected, judged by how often the last ones were taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from sereno.backup.periods import Period, local_day

_JUDGED = 8
_USUAL = timedelta(days=1)
_SHORTEST = timedelta(minutes=1)
_LONGEST = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Rhythm:
    """Backups at `first`, and then one every `step`."""

    first: datetime
    step: timedelta

    @classmethod
    def of(cls, moments: Sequence[datetime], *, now: datetime) -> Rhythm:
        """What to expect after backups at `moments`: as far apart as the last eight usually were, or a day."""
        newest = sorted(moments, reverse=True)[:_JUDGED]
        gaps = sorted(later - earlier for later, earlier in pairwise(newest))
        step = min(max(gaps[len(gaps) // 2], _SHORTEST), _LONGEST) if gaps else _USUAL
        return cls(first=max(now, newest[0] + step) if newest else now, step=step)

    def moment(self, number: int) -> datetime:
        """The moment of the expected backup `number`, counted from 1."""
        return self.first + (number - 1) * self.step

    def arrivals(self, period: Period, *, after: int, count: int, zone: ZoneInfo) -> list[datetime]:
        """The moments of the first backups in each of the next `count` periods that have any.

        Args:
            period: the kind of period.
            after: the number of the last period that has a backup already.
            count: how many more are asked for.
            zone: where days begin.
        """
        arrivals: list[datetime] = []
        moment = self.first
        while len(arrivals) < count:
            number = period.number(local_day(moment, zone))
            if number > after:
                arrivals.append(moment)
                after = number
            steps = (period.start(after + 1, zone) - moment) // self.step
            moment += max(steps, 1) * self.step
        return arrivals
