"""What accounts are worth a month."""

from __future__ import annotations

from collections import Counter

from sereno.money import Money
from sereno.systems.sections.prices import Prices


def worth(plans: Counter[str], prices: Prices | None) -> tuple[Money | None, int]:
    """What accounts of these plans are worth a month (None where no price is known), and how many have no price."""
    total: Money | None = None
    without = 0
    for name, number in plans.items():
        price = prices.of(name) if prices else None
        if price is None:
            without += number
        else:
            total = price * number if total is None else total + price * number
    return total, without
