"""What the job `business_overview` reports: one page that an owner reads in a minute."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sereno.metrics import RunRecord
from sereno.money import Money
from sereno.overview import sheets
from sereno.overview.history import History
from sereno.overview.looking import Seen, Unseen
from sereno.overview.movements import conversion_percent
from sereno.overview.operations import last_operations, troubled
from sereno.overview.pictures import charts
from sereno.overview.snapshot import ALL, Snapshot
from sereno.overview.trends import earlier, moved
from sereno.reports.build import human_count
from sereno.reports.model import Draft, Figure, Finding, ReportFile
from sereno.reports.sheet import Sheet, told
from sereno.systems.model import System
from sereno.systems.sections.overview import Overview

JOB = "business_overview"


def overview_report(system: System, seen: Seen, history: History, *, files: Sequence[ReportFile] = ()) -> Draft:
    """The page.

    Args:
        system: whose business.
        seen: what was seen of it just now.
        history: the snapshots, today's last, and how the jobs went.
        files: what was written besides.
    """
    return Draft(
        headline=_headline(system, seen, history),
        figures={**_figures(history), "failing_jobs": len(_troubled(history))},
        findings=(*_unseen(seen), *_priced(system, history.today), *_errors(system, history.today), _jobs(history)),
        files=tuple(files),
        charts=charts(history.snapshots),
        tables=tuple(sheet.table() for sheet in overview_sheets(system, history)),
    )


def overview_sheets(system: System, history: History) -> list[Sheet]:
    """The tables of the page, in the order in which an owner asks."""
    today = history.today

    def finished(run: RunRecord) -> str:
        return f"{run.finished_at.astimezone(system.zone):%Y-%m-%d %H:%M}"

    return [
        *sheets.revenue(today),
        *sheets.trends(history.snapshots),
        *sheets.movements(history.snapshots),
        *sheets.notifications(today),
        *sheets.api(today),
        *sheets.alerts(today),
        *sheets.operations(last_operations(history.runs), finished),
    ]


def _headline(system: System, seen: Seen, history: History) -> str:
    today = history.today
    whose = system.title if seen.scope == ALL else f"{system.title}, tenant {seen.scope}"
    said = [*_told_of_tenants(history), *(_told_of_api(today) if today.tenants is None else ())]
    if today.alerts is not None:
        said.append(human_count(today.alerts, "open alert"))
    return f"{whose}: {', '.join(said) or 'nothing is told by its tables'}"


def _told_of_tenants(history: History) -> Iterator[str]:
    tenants, revenue = history.today.tenants, history.today.revenue
    if tenants is None:
        return
    yield human_count(tenants.active, "active tenant")
    if revenue is not None and history.today.currency:
        yield f"{Money(revenue, history.today.currency)} a month{_since(history)}"
    if tenants.trialing:
        yield f"{human_count(tenants.trialing, 'trial')}, of which {tenants.trials_ending} end within 7 days"


def _since(history: History) -> str:
    before, today = earlier(history.snapshots, days=30), history.today
    if before is None or before.revenue is None or today.revenue is None or before.currency != today.currency:
        return ""
    difference = today.revenue - before.revenue
    days = human_count((today.day - before.day).days, "day")
    return f" ({'+' if difference > 0 else ''}{told(difference)} in {days})"


def _told_of_api(today: Snapshot) -> Iterator[str]:
    if today.api:
        yield human_count(today.api.day.requests, "API request") + " in 24 hours"
        if today.api.day.percent is not None:
            yield f"{today.api.day.percent} % errors"


def _figures(history: History) -> dict[str, Figure]:
    today, month = history.today, moved(history.snapshots, days=30)
    found: dict[str, Figure] = {"day": today.day.isoformat()}
    if today.tenants:
        tenants = today.tenants
        found |= {"active_tenants": tenants.active, "paying_tenants": tenants.paying}
        found |= {"trialing_tenants": tenants.trialing, "trials_ending_in_7_days": tenants.trials_ending}
        found |= {"trials_overdue": tenants.trials_overdue}
        if today.currency:
            unit = today.currency.lower()
            found[f"monthly_revenue_{unit}"] = tenants.revenue
            known = {name: plan.revenue for name, plan in tenants.plans.items() if plan.revenue is not None}
            found |= {f"monthly_revenue_of_{name}_{unit}": revenue for name, revenue in known.items()}
            stake = sum((plan.price * plan.trialing for plan in tenants.plans.values() if plan.price), Decimal("0.00"))
            found[f"trials_would_add_{unit}"] = stake
    if month and (percent := conversion_percent(month)) is not None:
        found["trial_conversion_30_days_percent"] = percent
    if today.alerts is not None:
        found["open_alerts"] = today.alerts
    if today.notifications is not None:
        found["notifications_of_7_days"] = sum(sum(sent.values()) for sent in today.notifications.values())
    if today.api:
        for name, calls in (("24_hours", today.api.day), ("7_days", today.api.week)):
            found |= {f"api_requests_{name}": calls.requests, f"api_errors_{name}": calls.errors}
            found[f"api_errors_{name}_percent"] = calls.percent
    if today.clients:
        found |= {"api_clients_in_use": today.clients.in_use, "api_clients_idle": today.clients.idle}
    return found


def _unseen(seen: Seen) -> Iterator[Finding]:
    """A part that could not be seen fails the run; one that the system's tables do not tell is said and no more."""
    for name, part in seen.missing.items():
        if isinstance(part, Unseen):
            yield Finding(name=f"the {name} can be seen", passed=False, evidence=part.reason)
    untold = {name: part.reason for name, part in seen.missing.items() if not isinstance(part, Unseen)}
    if untold:
        evidence = "\n".join(f"{name}: {reason}" for name, reason in untold.items())
        yield Finding(name="what the tables do not tell is left out", passed=True, required=False, evidence=evidence)


def _priced(system: System, today: Snapshot) -> Iterator[Finding]:
    if today.tenants is None:
        return
    missing = {
        name: plan
        for name, plan in today.tenants.plans.items()
        if plan.price is None and (plan.paying or plan.trialing)
    }
    counts = ", ".join(f"{name}: {plan.paying} paying, {plan.trialing} on trial" for name, plan in missing.items())
    advice = "add them to prices.monthly" if system.prices else "give the system a section prices"
    evidence = f"not counted: {counts} → {advice}" if missing else ""
    yield Finding(name="every plan has a price", passed=not missing, required=False, evidence=evidence)


def _errors(system: System, today: Snapshot) -> Iterator[Finding]:
    if today.api is None or (percent := today.api.week.percent) is None:
        return
    most = (system.overview or Overview()).most_errors_percent
    yield Finding(
        name=f"at most {most} % of the API requests of 7 days failed",
        passed=percent <= most,
        required=False,
        evidence=f"{percent} %: {today.api.week.errors:,} of {today.api.week.requests:,}",
    )


def _jobs(history: History) -> Finding:
    failed = _troubled(history)
    evidence = ", ".join(f"{run.job} ({run.effect.value})" for run in failed)
    return Finding(name="no job failed the last time it ran", passed=not failed, required=False, evidence=evidence)


def _troubled(history: History) -> list[RunRecord]:
    return troubled(last_operations(history.runs), but=JOB)
