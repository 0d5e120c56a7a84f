"""The section `prices`: what the plans cost a month."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from sereno.money import Money
from sereno.systems.part import Part

Price = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]


class Prices(Part):
    """The monthly price of each plan, by the plan's name in the system."""

    currency: str = Field(pattern=r"^[A-Z]{3}$", examples=["EUR"])
    """ISO 4217."""
    monthly: dict[str, Price] = Field(default={}, max_length=1_000, examples=[{"basic": "29.00", "pro": "99.00"}])
    """Amounts as quoted text, so that no cent is lost. A plan that is missing has no known price."""

    def of(self, plan: str) -> Money | None:
        """What `plan` costs a month; None when the table does not say."""
        amount = self.monthly.get(plan)
        return None if amount is None else Money(amount, self.currency)
