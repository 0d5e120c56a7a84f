"""The tables of the overview, each from the snapshots."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from decimal import Decimal

from sereno.metrics import RunRecord
from sereno.overview.movements import conversion_percent
from sereno.overview.snapshot import Calls, Kind, Snapshot
from sereno.overview.trends import PERIODS_DAYS, earlier, moved
from sereno.reports.sheet import Cell, Sheet, told

_KINDS = {
    Kind.NEW: "new customers",
    Kind.EXPANSION: "went to a dearer plan",
    Kind.CONTRACTION: "went to a cheaper plan",
    Kind.CHURN: "customers lost",
    Kind.REPRICED: "prices changed or unknown",
}
_MEASURES: dict[str, Callable[[Snapshot], Cell]] = {
    "monthly revenue": lambda each: each.revenue,
    "active tenants": lambda each: each.tenants.active if each.tenants else None,
    "paying tenants": lambda each: each.tenants.paying if each.tenants else None,
    "tenants on trial": lambda each: each.tenants.trialing if each.tenants else None,
    "open alerts": lambda each: each.alerts,
    "API requests of 24 hours": lambda each: each.api.day.requests if each.api else None,
    "API clients in use": lambda each: each.clients.in_use if each.clients else None,
}


def revenue(today: Snapshot) -> Iterator[Sheet]:
    """Tenants and revenue by plan; those on trial apart, with what they would add."""
    if today.tenants is None:
        return
    currency = today.currency or "no prices"
    columns = ("plan", "paying", f"price ({currency})", f"a month ({currency})", "on trial", f"would add ({currency})")
    rows: list[tuple[Cell, ...]] = [
        (
            name,
            plan.paying,
            plan.price if plan.price is not None else "unknown",
            plan.revenue,
            plan.trialing,
            None if plan.price is None else plan.price * plan.trialing,
        )
        for name, plan in today.tenants.plans.items()
    ]
    stake = sum((plan.price * plan.trialing for plan in today.tenants.plans.values() if plan.price), Decimal("0.00"))
    priced = today.currency is not None
    total = (today.tenants.revenue, today.tenants.trialing, stake) if priced else (None, today.tenants.trialing, None)
    yield Sheet("Revenue by plan", columns, [*rows, ("all", today.tenants.paying, None, *total)])


def trends(snapshots: Sequence[Snapshot]) -> Iterator[Sheet]:
    """Today beside 30 and 90 days ago, or beside the first day there was."""
    today = snapshots[-1]
    past = {each.day: each for days in PERIODS_DAYS if (each := earlier(snapshots, days=days))}
    before = [past[day] for day in sorted(past, reverse=True)]
    if not before:
        return
    columns = ["", "today"]
    for each in before:
        columns += [_ago((today.day - each.day).days), "change"]
    rows: list[tuple[Cell, ...]] = []
    for name, measure in _MEASURES.items():
        if (now := measure(today)) is not None:
            cells = [cell for each in before for cell in (measure(each), _difference(now, measure(each)))]
            rows.append((name, now, *cells))
    yield Sheet("Trends", tuple(columns), rows)


def movements(snapshots: Sequence[Snapshot]) -> Iterator[Sheet]:
    """Who came, grew, shrank and went in 30 and 90 days, what it was worth, and how many trials became customers."""
    currency = snapshots[-1].currency
    periods = [moved(snapshots, days=days) for days in PERIODS_DAYS]
    if not any(periods):
        return
    columns = [""]
    for days in PERIODS_DAYS:
        columns += [f"tenants, {days} days", *([f"{currency} a month"] if currency else [])]
    rows: list[tuple[Cell, ...]] = []
    for kind, words in _KINDS.items():
        cells: list[Cell] = []
        for each in periods:
            movement = each.by_kind[kind] if each else None
            cells += [movement.tenants if movement else None]
            cells += [movement.amount if movement else None] if currency else []
        rows.append((words, *cells))
    blank: list[Cell] = [None] if currency else []
    for words, count in (("trials that became customers", "converted"), ("trials that lapsed", "lapsed")):
        rows.append((words, *(cell for each in periods for cell in (getattr(each, count, None), *blank))))
    percents = [conversion_percent(each) if each else None for each in periods]
    rows.append(("trial conversion", *(cell for each in percents for cell in (_percent(each), *blank))))
    yield Sheet("Movements", tuple(columns), rows)
    if changes := {name for each in periods if each for name in each.plan_changes}:
        counts = [
            tuple(each.plan_changes.get(name, 0) if each else None for each in periods) for name in sorted(changes)
        ]
        titles = tuple(f"tenants, {days} days" for days in PERIODS_DAYS)
        yield Sheet(
            "Changes of plan", ("", *titles), [(name, *row) for name, row in zip(sorted(changes), counts, strict=True)]
        )


def notifications(today: Snapshot) -> Iterator[Sheet]:
    """Successful notifications by day and channel."""
    if today.notifications is None:
        return
    channels = sorted({channel for day in today.notifications.values() for channel in day})
    rows: list[tuple[Cell, ...]] = [
        (day, *(sent.get(channel, 0) for channel in channels), sum(sent.values()))
        for day, sent in today.notifications.items()
    ]
    yield Sheet("Successful notifications by channel", ("day", *channels, "all"), rows)


def api(today: Snapshot) -> Iterator[Sheet]:
    """Requests, errors and clients of the API."""
    if today.api:
        periods = {"24 hours": today.api.day, "7 days": today.api.week}
        rows = [(name, calls.requests, calls.errors, _rate(calls)) for name, calls in periods.items()]
        yield Sheet("API", ("in the last", "requests", "errors", "error rate"), rows)
    if today.clients:
        yield Sheet("API clients", ("in use", "idle"), [(today.clients.in_use, today.clients.idle)])


def alerts(today: Snapshot) -> Iterator[Sheet]:
    """Open alerts by severity."""
    if today.open_alerts:
        yield Sheet("Open alerts", ("severity", "open"), list(today.open_alerts.items()))


def operations(runs: Sequence[RunRecord], zone_text: Callable[[RunRecord], str]) -> Iterator[Sheet]:
    """How each job went last; `zone_text` says when, in the system's zone."""
    if runs:
        rows = [(run.job, run.effect.value, run.result.value, zone_text(run)) for run in runs]
        yield Sheet("Last operations", ("job", "effect", "result", "finished"), rows)


def history(snapshots: Sequence[Snapshot]) -> Sheet:
    """Every measure, day by day, for the workbook."""
    rows = [(each.day, *(measure(each) for measure in _MEASURES.values())) for each in snapshots]
    return Sheet("History", ("day", *_MEASURES), rows)


def _ago(days: int) -> str:
    return "yesterday" if days == 1 else f"{days} days ago"


def _difference(now: Cell, then: Cell) -> Cell:
    if isinstance(now, int | Decimal) and isinstance(then, int | Decimal):
        difference = now - then
        return f"+{told(difference)}" if difference > 0 else told(difference)
    return None


def _percent(value: Decimal | None) -> str | None:
    return None if value is None else f"{value} %"


def _rate(calls: Calls) -> str | None:
    return _percent(calls.percent)
