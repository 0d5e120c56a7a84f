"""How long work says how far it is, to whoever watches."""

from __future__ import annotations

import threading
from typing import Protocol


class Progress(Protocol):
    """Called from time to time, from any thread."""

    def __call__(self, *, done: int, total: int, what: str) -> None:
        """`done` of about `total` units, now at `what`."""


def silent(*, done: int, total: int, what: str) -> None:
    """Nobody watches."""


class Meter:
    """Adds up bytes that several threads report."""

    def __init__(self, total: int, progress: Progress) -> None:
        """Tell `progress` how much of `total` bytes is done; more than was expected is no error."""
        self._total = total
        self._done = 0
        self._progress = progress
        self._lock = threading.Lock()

    def add(self, size: int, what: str) -> None:
        """`size` bytes of `what` are done."""
        with self._lock:
            self._done += size
            self._progress(done=self._done, total=max(self._total, self._done), what=what)
