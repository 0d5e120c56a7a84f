"""How many rows a batch has: as many as take the time that it should."""

from __future__ import annotations

from sereno.maintenance.statements import GRAIN_ROWS

FIRST_ROWS = 5_000
MOST_ROWS = 1_000_000
MOST_BYTES = 32_000_000
"""Of the rows of one batch, where they are archived and therefore held in memory."""
_FASTEST_GROWTH = 10.0


def next_rows(rows: int, *, seconds: float, target_seconds: float, most: int = MOST_ROWS) -> int:
    """The size of the next batch, a whole number of grains.

    It becomes ten times as large at most, or a tenth, so that one quick or slow batch does not decide everything.

    Args:
        rows: the size of the last one.
        seconds: how long that took.
        target_seconds: how long one should take.
        most: how many rows a batch may have.
    """
    factor = target_seconds / seconds if seconds > 0 else _FASTEST_GROWTH
    wanted = rows * min(_FASTEST_GROWTH, max(1 / _FASTEST_GROWTH, factor))
    return max(GRAIN_ROWS, int(min(wanted, most)) // GRAIN_ROWS * GRAIN_ROWS)


def most_rows(row_bytes: float, *, archive: bool) -> int:
    """How many rows a batch may have at most, when a row has about `row_bytes`."""
    if not archive or row_bytes <= 0:
        return MOST_ROWS
    return int(min(MOST_ROWS, max(GRAIN_ROWS, MOST_BYTES / row_bytes)))
