"""Timing two sides in turn, so that a machine whose speed drifts treats both alike."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Sample:
    """The wall seconds of one side, run by run."""

    name: str
    seconds: tuple[float, ...]

    @property
    def median(self) -> float:
        """The middle run, in seconds."""
        return statistics.median(self.seconds)


def in_turn(sides: Mapping[str, Callable[[], object]], *, rounds: int) -> dict[str, Sample]:
    """Run every side once in each round, A B A B ..., and give the seconds of each."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(rounds):
        for name, run in sides.items():
            started = time.perf_counter()
            run()
            seconds[name].append(time.perf_counter() - started)
    return {name: Sample(name=name, seconds=tuple(taken)) for name, taken in seconds.items()}


def ratio(one: Sample, other: Sample) -> float:
    """The median of the ratios round by round."""
    pairs: Sequence[tuple[float, float]] = list(zip(one.seconds, other.seconds, strict=True))
    return statistics.median(first / second for first, second in pairs)
