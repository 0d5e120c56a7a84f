"""Latencies in constant memory, after the idea of HdrHistogram: exact enough everywhere, however many there are.

A value is kept with its eleven leading bits, so that what a percentile gives is at most 0.1 % above what was recorded,
from a microsecond to more than an hour.
"""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterator

_BITS = 11
_HALF = 1 << (_BITS - 1)
_WHOLE = 1 << _BITS
_LARGEST = (1 << 33) - 1  # microseconds, 2.4 hours
_BUCKETS = 33 - _BITS + 2
RELATIVE_ERROR = 1 / _HALF


class Histogram:
    """Counts of latencies in seconds. Not to be used from several threads at once."""

    __slots__ = ("_counts", "count", "largest", "total")

    def __init__(self) -> None:
        """Nothing recorded yet."""
        self._counts = array("Q", bytes(8 * _BUCKETS * _HALF))
        self.count = 0
        self.total = 0.0
        """The sum of everything recorded, in seconds."""
        self.largest = 0.0
        """The largest value recorded, in seconds, exact."""

    def record(self, seconds: float) -> None:
        """Count one latency; less than a microsecond counts as none, more than 2.4 hours as that."""
        value = int(seconds * 1_000_000)
        if value >= _WHOLE:
            value = min(value, _LARGEST)
            shift = value.bit_length() - _BITS
            value = shift * _HALF + (value >> shift)
        self._counts[value if value > 0 else 0] += 1
        self.count += 1
        self.total += seconds
        if seconds > self.largest:
            self.largest = seconds

    def percentile(self, percent: float) -> float:
        """The smallest recorded value, in seconds, that `percent` of all do not exceed (nearest rank); NaN if empty.

        Raises:
            ValueError: `percent` is not between 0 and 100.
        """
        if not 0 <= percent <= 100:
            raise ValueError(f"a percentile lies between 0 and 100, not at {percent}")
        if not self.count:
            return math.nan
        rank = max(1, math.ceil(round(self.count * percent / 100, 9)))
        if rank == self.count:
            return self.largest
        for upper, seen in self._cumulative():
            if seen >= rank:
                return min(upper, self.largest)
        return self.largest

    @property
    def mean(self) -> float:
        """The mean in seconds, exact; NaN when nothing was recorded."""
        return self.total / self.count if self.count else math.nan

    def clear(self) -> None:
        """Forget everything."""
        if self.count:
            self.__init__()  # type: ignore[misc]

    def _cumulative(self) -> Iterator[tuple[float, int]]:
        """The upper end of each used bucket in seconds, and how many values lie at or below it."""
        seen = 0
        for index, count in enumerate(self._counts):
            if count:
                seen += count
                yield _upper(index) / 1_000_000, seen


def _upper(index: int) -> int:
    """The first microsecond above the bucket."""
    shift = max(0, index // _HALF - 1)
    return ((index - shift * _HALF) + 1) << shift
