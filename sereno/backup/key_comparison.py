"""Finding out, while a table's keys stream past, which of them went and which came since the parent backup."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import IO

from sereno.backup.chain import TableLevel, key_history
from sereno.backup.key_changes import KeyEvent, since_parent
from sereno.backup.key_diff import Change, KeyDiff
from sereno.backup.key_order import Encoding, order_of
from sereno.backup.manifest import KeyChanges, KeySet
from sereno.backup.object_place import ObjectPlace
from sereno.backup.objects import FRAME_BYTES, ObjectWriter

_MARKS: dict[Change, bytes] = {"added": b"+", "removed": b"-"}


class KeyComparison:
    """Compares the keys that the server gives with those of a table's history."""

    def __init__(
        self, levels: Sequence[TableLevel], *, key_types: Sequence[str], encoding: Encoding, spool: IO[bytes]
    ) -> None:
        """Compare with `levels`, oldest first; what differs from the oldest is kept in the file `spool` meanwhile."""
        self._order = order_of(key_types)
        self._encoding = encoding
        self._spool = spool
        self._now = len(levels) - 1
        whole, self._history = key_history(levels, order=self._order)
        self._diff = KeyDiff(whole, encoding=encoding, order=self._order, told=self._note)

    def feed(self, data: bytes) -> None:
        """Take the next bytes of the present key set."""
        self._diff.feed(data)

    def close(self, place: ObjectPlace, *, name: str) -> KeyChanges:
        """Write what went and what came into two objects; `name` is the beginning of their names."""
        self._diff.close()
        with (
            place.writing(f"{name}-removed") as removed,
            place.writing(f"{name}-added") as added,
        ):
            sets = {
                "removed": KeySetWriter(removed, encoding=self._encoding),
                "added": KeySetWriter(added, encoding=self._encoding),
            }
            for change, line in since_parent(self._history, self._noted()):
                sets[change].add(line)
            return KeyChanges(removed=sets["removed"].close(), added=sets["added"].close())

    def _note(self, change: Change, line: bytes) -> None:
        self._spool.write(_MARKS[change] + line + b"\n")

    def _noted(self) -> Iterator[KeyEvent]:
        self._spool.seek(0)
        for marked in self._spool:
            change: Change = "added" if marked[:1] == _MARKS["added"] else "removed"
            line = marked[1:-1]
            yield KeyEvent(self._order(line), self._now, change, line)


class KeySetWriter:
    """Writes sorted keys into an object, in the form in which key sets are stored."""

    def __init__(self, writer: ObjectWriter, *, encoding: Encoding) -> None:
        """Write into `writer`."""
        self._writer = writer
        self._encoding = encoding
        self._block = bytearray()
        self._previous = 0
        self._rows = 0

    def add(self, line: bytes) -> None:
        """Take the next key, as a line of COPY text without its line feed."""
        if self._encoding == "integer-deltas":
            value = int(line)
            line, self._previous = b"%d" % (value - self._previous), value
        self._block += line + b"\n"
        self._rows += 1
        if len(self._block) >= FRAME_BYTES:
            self._flush()

    def close(self) -> KeySet:
        """The manifest's entry."""
        self._flush()
        figures = self._writer.close()
        return KeySet(name=self._writer.name, encoding=self._encoding, rows=self._rows, **vars(figures))

    def _flush(self) -> None:
        self._writer.write(bytes(self._block))
        self._block.clear()
