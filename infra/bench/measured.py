"""One line of the bench's table."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """A figure, and what it may be. `limit` is what it may be at most; None when nothing is asked."""

    name: str
    value: float
    limit: float | None
    detail: str
    at_least: float | None = None
    """What it has to be at least, where more is better."""

    @property
    def met(self) -> bool:
        """Whether the figure is within its limits."""
        return (self.limit is None or self.value <= self.limit) and (
            self.at_least is None or self.value >= self.at_least
        )

    @property
    def wanted(self) -> str:
        """The limits in words."""
        bounds = (("at most", self.limit), ("at least", self.at_least))
        return ", ".join(f"{words} {bound:g}" for words, bound in bounds if bound is not None)
