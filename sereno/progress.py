"""How long work says how far it is, to whoever watches."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Called from time to time, from any thread."""

    def __call__(self, *, done: int, total: int, what: str) -> None:
        """`done` of about `total` units, now at `what`."""


def silent(*, done: int, total: int, what: str) -> None:
    """Nobody watches."""
