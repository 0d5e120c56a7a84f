"""The charts of the overview."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from sereno.overview.snapshot import Snapshot
from sereno.reports.charts import bar_chart, line_chart


def charts(snapshots: Sequence[Snapshot]) -> dict[str, str]:
    """SVG texts by what they say; a line needs three days at least, so that there is something to follow."""
    today = snapshots[-1]
    found = {**_plans(today), **_course(snapshots)}
    if today.notifications:
        title = "Successful notifications by day, today so far"
        bars = [(_label(day), float(sum(sent.values()))) for day, sent in today.notifications.items()]
        found[title] = bar_chart(title, bars, "")
    return found


def _plans(today: Snapshot) -> dict[str, str]:
    if today.tenants is None:
        return {}
    plans = today.tenants.plans.items()
    if today.currency is None:
        title = "Paying tenants by plan"
        return {title: bar_chart(title, [(name, float(plan.paying)) for name, plan in plans if plan.paying], "")}
    title = "Monthly revenue by plan"
    bars = [(f"{name}, {plan.paying}", float(plan.revenue)) for name, plan in plans if plan.revenue is not None]
    return {title: bar_chart(title, bars, today.currency)}


def _course(snapshots: Sequence[Snapshot]) -> dict[str, str]:
    if len(snapshots) < 3:
        return {}
    today = snapshots[-1]
    if today.currency:
        title, unit = "Monthly revenue, day by day", today.currency
        known = [
            (_label(each.day), float(each.revenue))
            for each in snapshots
            if each.revenue is not None and each.currency == unit
        ]
    elif today.tenants:
        title, unit = "Active tenants, day by day", ""
        known = [(_label(each.day), float(each.tenants.active)) for each in snapshots if each.tenants]
    elif today.api:
        title, unit = "API requests of 24 hours, day by day", ""
        known = [(_label(each.day), float(each.api.day.requests)) for each in snapshots if each.api]
    else:
        return {}
    return {title: line_chart(title, known, unit)}


def _label(day: date) -> str:
    return f"{day:%a} {day.day} {day:%b}"
