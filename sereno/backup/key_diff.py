"""Comparing two sorted key sets as streams, at the speed of memory where they are equal.

What is equal in both texts is skipped by comparing blocks of bytes; only the lines around a difference are read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Literal

from sereno.backup.key_order import Encoding, OrderKey
from sereno.errors import IntegrityError

Change = Literal["added", "removed"]
Told = Callable[[Change, bytes], object]


class KeyDiff:
    """Compares the keys of an older moment, which it pulls, with those of a newer one, which it is fed."""

    def __init__(
        self,
        older: Iterator[bytes],
        *,
        encoding: Encoding,
        order: Callable[[bytes], OrderKey],
        told: Told,
    ) -> None:
        """Compare with `older`.

        Args:
            older: the text of the older key set, in blocks of any size.
            encoding: of both texts.
            order: what a line of COPY text is sorted by.
            told: called with each key that was added or removed, in order, as a line of COPY text without line feed.
        """
        self._blocks = older
        self._old, self._new = _Text(), _Text()
        self._order = order
        self._told = told
        self._deltas = encoding == "integer-deltas"

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the newer key set."""
        self._new.append(data)
        self._compare(at_end=False)

    def close(self) -> None:
        """The newer key set is complete: what the older one has besides is gone."""
        self._compare(at_end=True)
        if self._new.has_rest or self._old.has_rest:
            raise IntegrityError("a key set does not end with a whole line")

    def _compare(self, *, at_end: bool) -> None:
        old, new = self._old, self._new
        while True:
            if not old.has_line and not self._pull():
                break
            if not new.has_line:
                break
            if old.value == new.value:
                self._skip_what_is_equal()
                if not (old.has_line and new.has_line):
                    continue
            self._take_the_lower()
        if not at_end and new.has_line:  # the older set is at its end
            self._take_all(new, "added")
        elif at_end:
            self._take_all(new, "added")
            while old.has_line or self._pull():
                self._take_all(old, "removed")

    def _pull(self) -> bool:
        """Fetch more of the older text; false at its end."""
        while not self._old.has_line:
            block = next(self._blocks, None)
            if block is None:
                return False
            self._old.append(block)
        return True

    def _skip_what_is_equal(self) -> None:
        skipped = self._old.skip_common(self._new)
        if skipped and self._deltas:
            self._old.value = self._new.value = self._old.value + sum(map(int, skipped.split()))

    def _take_the_lower(self) -> None:
        old, new = self._old.line(), self._new.line()
        if self._deltas:
            older, newer = self._old.value + int(old), self._new.value + int(new)
            if older <= newer:
                self._old.advance(len(old) + 1, older)
            if newer <= older:
                self._new.advance(len(new) + 1, newer)
            if older != newer:
                self._told(*(("removed", b"%d" % older) if older < newer else ("added", b"%d" % newer)))
        elif self._order(old) < self._order(new):
            self._old.advance(len(old) + 1)
            self._told("removed", old)
        else:
            self._new.advance(len(new) + 1)
            self._told("added", new)

    def _take_all(self, text: _Text, change: Change) -> None:
        while text.has_line:
            line = text.line()
            value = text.value + int(line) if self._deltas else 0
            text.advance(len(line) + 1, value)
            self._told(change, b"%d" % value if self._deltas else line)


class _Text:
    """The part of a text that was not read yet, and the value of the key before it."""

    def __init__(self) -> None:
        self._data = b""
        self._at = 0
        self._end = 0
        self.value = 0

    def append(self, data: bytes) -> None:
        self._data = self._data[self._at :] + data
        self._at = 0
        self._end = self._data.rfind(b"\n") + 1

    @property
    def has_line(self) -> bool:
        return self._at < self._end

    @property
    def has_rest(self) -> bool:
        return self._at < len(self._data)

    def line(self) -> bytes:
        return self._data[self._at : self._data.index(b"\n", self._at)]

    def advance(self, size: int, value: int = 0) -> None:
        self._at += size
        self.value = value

    def skip_common(self, other: _Text) -> bytes:
        """Skip the whole lines with which both texts go on; their bytes."""
        most = min(self._end - self._at, other._end - other._at)
        same = _common(self._data, self._at, other._data, other._at, most)
        start = self._at
        end = self._data.rfind(b"\n", start, start + same) + 1 or start
        self._at, other._at = end, other._at + end - start
        return self._data[start:end]


def _common(one: bytes, at: int, other: bytes, other_at: int, most: int) -> int:
    """How many bytes are equal, at most `most`: steps that double while they fit, then halve."""
    same, step = 0, 64
    while step:
        reach = min(step, most - same)
        a, b = at + same, other_at + same
        if reach and one[a : a + reach] == other[b : b + reach]:
            same += reach
            step = step * 2 if reach == step else 0
            if same == most:
                return same
        else:
            break
    while step:
        step //= 2
        reach = min(step, most - same)
        a, b = at + same, other_at + same
        if reach and one[a : a + reach] == other[b : b + reach]:
            same += reach
    return same
