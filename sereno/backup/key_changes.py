"""What an increment says of a table's keys: which went and which came since the parent backup.

The server's keys are compared with the key set of the newest backup that holds the whole table. What the increments
since then removed and added is small, and is accounted for afterwards; so every stream is read once, in order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from sereno.backup.key_diff import Change
from sereno.backup.key_order import Encoding, OrderKey


class KeyEvent(NamedTuple):
    """A key that came or went. `level` counts the increments since the whole table; the last is the one under way."""

    order: OrderKey
    level: int
    change: Change
    line: bytes


def since_parent(history: Sequence[Iterable[KeyEvent]], present: Iterable[KeyEvent]) -> Iterator[tuple[Change, bytes]]:
    """What changed between the newest moment of `history` and the present, in order.

    Args:
        history: for each increment since the whole table, oldest first, its changes since the one before it; sorted.
        present: the changes from the whole table until now; sorted.
    """
    now = len(history)
    for _, group in groupby(merge(*history, present), key=lambda event: event.order):
        events = list(group)
        before = [event.change for event in events if event.level < now]
        after = [event.change for event in events if event.level == now]
        at_first = "removed" in (before or after)[:1]
        in_parent = before[-1] == "added" if before else at_first
        in_present = after[0] == "added" if after else at_first
        if in_parent != in_present:
            yield ("added" if in_present else "removed"), events[-1].line


def events(
    blocks: Iterable[bytes], *, change: Change, level: int, encoding: Encoding, order: Callable[[bytes], OrderKey]
) -> Iterator[KeyEvent]:
    """The keys of a stored key set as events."""
    for line in decoded(blocks, encoding=encoding):
        yield KeyEvent(order(line), level, change, line)


def decoded(blocks: Iterable[bytes], *, encoding: Encoding) -> Iterator[bytes]:
    """The keys of a stored key set as lines of COPY text, without line feeds."""
    value, rest = 0, b""
    for block in blocks:
        *lines, rest = (rest + block).split(b"\n")
        if encoding == "copy-text":
            yield from lines
            continue
        for line in lines:
            value += int(line)
            yield b"%d" % value
