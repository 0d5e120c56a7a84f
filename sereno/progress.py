"""How long work says how far it is, to whoever watches."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import Protocol

from sereno.reports.build import human_bytes


class Progress(Protocol):
    """Called from time to time, from any thread."""

    def __call__(self, *, done: int, total: int, what: str) -> None:
        """`done` of about `total` units, now at `what`."""


def silent(*, done: int, total: int, what: str) -> None:
    """Nobody watches."""


class Meter:
    """Adds up units of work that several threads report."""

    def __init__(self, total: int, progress: Progress) -> None:
        """Tell `progress` how much of about `total` units is done."""
        self._total = total
        self._done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def add(self, size: int, what: str) -> None:
        """`size` units of `what` are done."""
        with self._lock:
            self._done += size
            self._progress(done=self._done, total=max(self._total, self._done), what=what)


class ByteMeter:
    """Adds up what several threads copy; what is told reads `public.bookings, 1.2 of 3.4 GB, table 7 of 24`."""

    def __init__(self, progress: Progress, *, total: int, tables: Iterable[str]) -> None:
        """Tell `progress`.

        Args:
            progress: who watches.
            total: about how many bytes there are.
            tables: the tables' labels.
        """
        self._progress = progress
        self._total = total
        self._tables = frozenset(tables)
        self._begun: dict[str, int] = {}
        self._done = 0
        self._lock = threading.Lock()

    def add(self, size: int, label: str) -> None:
        """`size` more bytes of the table `label`, or of something else that is called so."""
        with self._lock:
            self._done += size
            total = max(self._total, self._done)
            self._progress(
                done=self._done, total=total, what=f"{label}, {bytes_of(self._done, total)}{self._of(label)}"
            )

    def _of(self, label: str) -> str:
        if label not in self._tables:
            return ""
        number = self._begun.setdefault(label, len(self._begun) + 1)
        return f", table {number:,} of {len(self._tables):,}"


def bytes_of(done: int, total: int) -> str:
    """`1.2 of 3.4 GB`, or `900 MB of 3.4 GB` where the units differ."""
    part, whole = human_bytes(done), human_bytes(total)
    number, unit = part.rsplit(" ", 1)
    return f"{number if whole.endswith(f' {unit}') else part} of {whole}"
