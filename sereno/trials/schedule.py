"""When something is due for a trial, in the account's own days and hours: pure arithmetic of the calendar.

The last day of a trial is the local day of its last moment: a trial that ends at midnight has the day before as its
last day. An hour that a change of the clocks leaves out is taken at the first moment after the gap; an hour that comes
twice is taken the first time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from sereno.systems.sections.trials import AtEnd, Trials

_LAST_MOMENT = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Step:
    """A message that is due at a moment, in UTC. `days` are before the last day; negative ones come after the end."""

    name: str
    days: int
    due_at: datetime


def step_name(days: int) -> str:
    """`7_days_before`, `1_day_before`, `last_day`, `3_days_after`: also what its templates are called."""
    if days == 0:
        return "last_day"
    number = abs(days)
    return f"{number}_day{'' if number == 1 else 's'}_{'before' if days > 0 else 'after'}"


def reminder_steps(ends_at: datetime, zone: ZoneInfo, policy: Trials, *, plan: str = "") -> tuple[Step, ...]:
    """Every message of the policy for a trial of `plan` that ends at `ends_at`, the first due first.

    Reminders whose hour on their day comes only after the end are left out: there is nothing to remind of any more. So
    are those after the end of a plan to which nothing happens then: its accounts go on as before.
    """
    goes_on = policy.at_end_of(plan) is AtEnd.NOTHING
    return tuple(
        step
        for step in _steps(last_day(ends_at, zone), zone, policy.reminders_days, policy.local_hour)
        if (step.days < 0) == (step.due_at >= ends_at) and not (goes_on and step.days < 0)
    )


def last_day(ends_at: datetime, zone: ZoneInfo) -> date:
    """The local day of the last moment of a trial."""
    return (ends_at - _LAST_MOMENT).astimezone(zone).date()


def change_due_at(ends_at: datetime, zone: ZoneInfo, *, grace_days: int) -> datetime:
    """When the account is changed: the end, or the same hour of the local day so many days later, in UTC."""
    if not grace_days:
        return ends_at
    local = ends_at.astimezone(zone)
    return datetime.combine(local.date() + timedelta(days=grace_days), local.timetz()).astimezone(UTC)


@lru_cache(maxsize=8_192)
def _steps(day: date, zone: ZoneInfo, reminders: tuple[int, ...], hour: int) -> tuple[Step, ...]:
    steps = []
    for days in reminders:
        try:
            due_at = datetime.combine(day - timedelta(days=days), time(hour), zone).astimezone(UTC)
        except OverflowError:  # beyond the edges of the calendar nothing is ever due
            continue
        steps.append(Step(step_name(days), days, due_at))
    return tuple(sorted(steps, key=lambda step: step.due_at))
