"""The section `trials`: what is told and done when trials come to their end."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from pydantic import Field, field_validator, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import Timezone


class Outcome(StrEnum):
    """What a live run may do to an account; each is a statement `sql/trials.OUTCOME.sql`."""

    EXPIRE = "expire"
    SUSPEND = "suspend"
    DOWNGRADE = "downgrade"
    REACTIVATE = "reactivate"


class AtEnd(StrEnum):
    """What happens to an account when its trial and the grace days are over."""

    EXPIRE = "expire"
    SUSPEND = "suspend"
    DOWNGRADE = "downgrade"
    NOTHING = "nothing"

    @property
    def outcome(self) -> Outcome | None:
        """The statement that does it."""
        return None if self is AtEnd.NOTHING else Outcome(self.value)


class TrialStatuses(Part):
    """What the system's own words for an account's status mean. A word that is missing here is a finding."""

    trialing: tuple[str, ...] = Field(min_length=1, max_length=50, examples=[["trialing"]])
    """The account is on trial."""
    converted: tuple[str, ...] = Field(default=(), max_length=50, examples=[["active", "past_due", "canceled"]])
    """It became a customer, whatever came later: nothing is told or done any more."""
    ended: tuple[str, ...] = Field(default=(), max_length=50, examples=[["expired", "suspended"]])
    """Its trial is over and it did not become one."""

    @model_validator(mode="after")
    def _means_one_thing(self) -> TrialStatuses:
        words = [*self.trialing, *self.converted, *self.ended]
        for word in words:
            if words.count(word) > 1:
                raise ValueError(f"the status {word!r} stands twice; it can mean one thing only")
        return self


class TrialHold(Part):
    """An account, or all of a tenant's, that is left alone: nothing is told, nothing is changed."""

    reason: str = Field(min_length=1, max_length=200, examples=["contract is being negotiated"])
    """Why. No personal data: it stands in reports."""
    account: str | None = Field(default=None, min_length=1, max_length=200, examples=["4711"])
    """The account's id. Instead of a tenant."""
    tenant: str | None = Field(default=None, min_length=1, max_length=200, examples=["salon-7"])
    """The tenant's id. Instead of an account."""
    until: date | None = Field(default=None, examples=["2026-12-31"])
    """The last day of the hold, in the system's zone. Default: for as long as it stands here."""

    @model_validator(mode="after")
    def _names_one(self) -> TrialHold:
        if (self.account is None) == (self.tenant is None):
            raise ValueError("a hold names either an account or a tenant")
        return self


class Trials(Part):
    """The policy of the job `trial_expiry`. Days and hours are those of each account's own time zone."""

    statuses: TrialStatuses
    """What the words in the column `status` mean."""
    reminders_days: tuple[int, ...] = Field(default=(7, 3, 1, 0, -3), max_length=30, examples=[[7, 3, 1, 0, -3]])
    """When a message is due: so many days before the trial's last day, 0 on it, negative ones after the end."""
    local_hour: int = Field(default=9, ge=0, le=23, examples=[9])
    """The hour at which messages fall due."""
    grace_days: int = Field(default=0, ge=0, le=365, examples=[2])
    """How many days after the end the account is changed."""
    at_end: AtEnd = Field(default=AtEnd.EXPIRE, examples=["expire"])
    """What happens then."""
    at_end_by_plan: dict[str, AtEnd] = Field(default={}, max_length=100, examples=[{"enterprise": "nothing"}])
    """The same for plans that differ."""
    reactivate: bool = Field(default=True, examples=[True])
    """Whether an ended account for which a payment has arrived is reactivated."""
    announce: tuple[Outcome, ...] = Field(default=(), max_length=4, examples=[["expire", "reactivate"]])
    """Which changes are told to the account, by a template of that name."""
    late_days: int = Field(default=2, ge=1, le=365, examples=[2])
    """A message that could not go out for so long after it fell due is left out, rather than coming much too late."""
    long_past_days: int = Field(default=30, ge=1, le=3_650, examples=[30])
    """An account that is still on trial so long after its end is a finding."""
    times_without_zone: Timezone = Field(default="UTC", examples=["UTC"])
    """The zone that `trial_ends_at` is meant in where its type has none."""
    verified_contacts_only: bool = Field(default=True, examples=[True])
    """Write only to verified addresses; where the query has no column that tells, it gives verified ones only."""
    holds: tuple[TrialHold, ...] = Field(
        default=(), max_length=1_000, examples=[[{"account": "4711", "reason": "contract is being negotiated"}]]
    )
    """Who is left alone."""

    @field_validator("reminders_days")
    @classmethod
    def _apart(cls, days: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(days)) != len(days) or any(abs(day) > 365 for day in days):
            raise ValueError("expected different numbers of days between -365 and 365")
        return tuple(sorted(days, reverse=True))

    @property
    def outcomes(self) -> tuple[Outcome, ...]:
        """Every change that the policy may make, in the order of their definition."""
        ends = {each.outcome for each in (self.at_end, *self.at_end_by_plan.values())}
        return tuple(one for one in Outcome if one in ends or (one is Outcome.REACTIVATE and self.reactivate))

    def at_end_of(self, plan: str) -> AtEnd:
        """What happens at the end to an account of `plan`."""
        return self.at_end_by_plan.get(plan, self.at_end)
