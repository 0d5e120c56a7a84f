"""Money: a decimal amount with its currency, never a float."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of one currency. Two currencies cannot be added."""

    amount: Decimal
    currency: str
    """ISO 4217, such as EUR."""

    def __add__(self, other: Money) -> Money:
        """The sum.

        Raises:
            ValueError: the other is of another currency.
        """
        if other.currency != self.currency:
            raise ValueError(f"{self.currency} and {other.currency} cannot be added")
        return Money(self.amount + other.amount, self.currency)

    def __mul__(self, times: int) -> Money:
        """So many times as much."""
        return Money(self.amount * times, self.currency)

    def __str__(self) -> str:
        """`1,234.50 EUR`."""
        return f"{self.amount:,.2f} {self.currency}"
