"""Budgets of latency that do not flake: judged on the best, or on the 95th percentile, of several measurements."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.operands import operand
from sereno.smoke.grammar.values import Duration

_FORM = re.compile(r"(best|p95)\s+of\s+([0-9]{1,3})\s*<\s*")
MOST_SAMPLES = 100


@dataclass(frozen=True, slots=True)
class Budget:
    """`best of 3 < 300ms`: `samples` requests, of which the best or the 95th percentile has to be below `seconds`."""

    text: str
    best: bool
    samples: int
    seconds: float

    def judged(self, measured: Sequence[float]) -> float:
        """The figure that counts, of the seconds that were measured."""
        ordered = sorted(measured)
        return ordered[0] if self.best else ordered[math.ceil(0.95 * len(ordered)) - 1]

    def enough(self, measured: Sequence[float]) -> bool:
        """Whether no further measurement is needed: all were made, or one was good enough for `best`."""
        return len(measured) >= self.samples or (self.best and bool(measured) and min(measured) < self.seconds)


def parse_budget(text: str) -> Budget:
    """`best of 3 < 300ms` or `p95 of 20 < 250ms`.

    Raises:
        GrammarError: it is neither.
    """
    cursor = Cursor(text)
    found = cursor.pattern(_FORM)
    if not found:
        cursor.fail("expected a budget such as `best of 3 < 300ms` or `p95 of 20 < 250ms`")
    samples, best = int(found[2]), found[1] == "best"
    if not 1 <= samples <= MOST_SAMPLES:
        cursor.fail(f"expected 1 to {MOST_SAMPLES} measurements", at=found.start(2))
    if not best and samples < 5:
        cursor.fail("a 95th percentile needs at least 5 measurements", at=found.start(2))
    start = cursor.at
    limit = operand(cursor)
    if not isinstance(limit, Duration) or limit.seconds <= 0 or not cursor.ended:
        cursor.fail("expected a duration such as 300ms, and nothing behind it", at=start)
    return Budget(text, best, samples, limit.seconds)
