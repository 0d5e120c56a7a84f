"""A system's business on one day, as the ledger keeps it. What a system's tables do not tell is None."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict

ALL = "all"
"""The scope of every tenant."""

Holdings = Mapping[str, str]
"""What each tenant had, by the tenant's digest: `PAYING` or `TRIALING`, a space, and the plan."""
PAYING = "p"
TRIALING = "t"


class Kind(StrEnum):
    """How the monthly revenue moved with a tenant."""

    NEW = "new"
    """It pays, and did not before."""
    EXPANSION = "expansion"
    """It went over to a plan that costs more."""
    CONTRACTION = "contraction"
    """It went over to a plan that costs less."""
    CHURN = "churn"
    """It paid, and does not any more."""
    REPRICED = "repriced"
    """The price table changed, or it went to or from a plan without a price."""


class _Kept(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Plan(_Kept):
    """The tenants of one plan, and its monthly price where it is known."""

    paying: int = 0
    trialing: int = 0
    price: Decimal | None = None

    @property
    def revenue(self) -> Decimal | None:
        """Of those that pay, a month; None where the plan has no price."""
        return None if self.price is None else self.price * self.paying


class Tenants(_Kept):
    """The tenants, of which the blocked ones are neither paying nor on trial."""

    active: int
    trials_ending: int
    """Within seven days from the snapshot's moment, and after it."""
    trials_overdue: int
    """Still on trial, though its end is over."""
    plans: dict[str, Plan]

    @property
    def paying(self) -> int:
        """Those that pay."""
        return sum(plan.paying for plan in self.plans.values())

    @property
    def trialing(self) -> int:
        """Those that are on trial."""
        return sum(plan.trialing for plan in self.plans.values())

    @property
    def revenue(self) -> Decimal:
        """Of those that pay a price that is known, a month."""
        return sum((plan.revenue or Decimal() for plan in self.plans.values()), Decimal("0.00"))


class Movement(_Kept):
    """How many tenants moved in one way, and by how much the monthly revenue did."""

    tenants: int = 0
    amount: Decimal = Decimal("0.00")


class Movements(_Kept):
    """What became of the tenants since the snapshot before. The amounts sum up to what the revenue changed by."""

    since: date
    by_kind: dict[Kind, Movement]
    plan_changes: dict[str, int]
    """How many tenants went over, by `basic → pro`."""
    converted: int
    """Tenants that were on trial and pay."""
    lapsed: int
    """Tenants that were on trial and neither are nor pay."""


class Calls(_Kept):
    """API requests of one period."""

    requests: int
    errors: int

    @property
    def percent(self) -> Decimal | None:
        """How many of a hundred failed, to a tenth; None without requests."""
        return round(Decimal(100 * self.errors) / self.requests, 1) if self.requests else None


class Api(_Kept):
    """The API's requests of the last 24 hours and of the last seven days."""

    day: Calls
    week: Calls


class Clients(_Kept):
    """API clients that are switched on: those in use, and those that have not called for long."""

    in_use: int
    idle: int


class Snapshot(_Kept):
    """A system's business on one of its local days."""

    day: date
    taken_at: AwareDatetime
    currency: str | None
    """Of every amount in it; None where no price is known."""
    tenants: Tenants | None = None
    movements: Movements | None = None
    """None on the first day, and where the currency changed."""
    open_alerts: dict[str, int] | None = None
    """By severity."""
    notifications: dict[date, dict[str, int]] | None = None
    """Successful ones of each of the last seven days, by channel."""
    api: Api | None = None
    clients: Clients | None = None

    @property
    def revenue(self) -> Decimal | None:
        """The monthly recurring revenue; None where it cannot be told in money."""
        return self.tenants.revenue if self.tenants and self.currency else None

    @property
    def alerts(self) -> int | None:
        """All that are open."""
        return None if self.open_alerts is None else sum(self.open_alerts.values())
