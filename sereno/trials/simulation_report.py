"""What a simulation reports: a calendar of the coming days, and the revenue that is at stake on each of them."""

from __future__ import annotations

from collections import Counter
from datetime import date

from sereno.reports.build import human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Figure, Finding, ReportTable
from sereno.systems.sections.prices import Prices
from sereno.trials.report import words
from sereno.trials.simulated import SimulatedDay, Simulation
from sereno.trials.worth import worth


def simulation_report(played: Simulation, prices: Prices | None) -> Draft:
    """The report on `played`."""
    messages = sum((day.messages for day in played.days.values()), Counter[str]())
    changes = sum((day.changes for day in played.days.values()), Counter[str]())
    money, without = worth(played.shut, prices)
    told, shut = human_count(messages.total(), "message"), human_count(played.shut.total(), "trial")
    stake = f", worth {money} a month" if money else ""
    figures: dict[str, Figure] = {
        "simulated_days": len(played.days) - 1,
        "accounts_considered": played.looked_at,
        "on_trial": played.on_trial,
        "left_alone": played.held,
        "messages": messages.total(),
        **{f"would_{outcome}": number for outcome, number in sorted(changes.items())},
        "monthly_revenue_at_stake": str(money) if money else None,
        "accounts_without_price": without,
    }
    return Draft(
        headline=f"in the coming {len(played.days) - 1} days {told} would go and {shut} end{stake}, if nobody pays",
        figures=figures,
        findings=tuple(_findings(played, prices, without)),
        charts=_charts(played, prices),
        tables=(_calendar(played, prices, messages, changes),),
    )


def _findings(played: Simulation, prices: Prices | None, without: int) -> list[Finding]:
    if prices is None or not without:
        return []
    unknown = sorted(name for name in played.shut if prices.of(name) is None)
    evidence = f"{human_count(without, 'account')} of {', '.join(unknown)}; add them to prices.monthly"
    return [Finding(name="every plan has a price", passed=False, required=False, evidence=evidence)]


def _charts(played: Simulation, prices: Prices | None) -> dict[str, str]:
    days = [(day, simulated) for day, simulated in played.days.items() if simulated.shut]
    if prices is None:
        title = "Trials that end, by day"
        bars = [(_day(day), float(simulated.shut.total())) for day, simulated in days]
        return {title: bar_chart(title, bars, "trials")}
    title = "Monthly revenue of the trials that end, by day"
    return {
        title: bar_chart(title, [(_label(day, each), _amount(each, prices)) for day, each in days], prices.currency)
    }


def _calendar(played: Simulation, prices: Prices | None, messages: Counter[str], changes: Counter[str]) -> ReportTable:
    """A row for each day on which anything happens; the steps are its columns, the farthest from the end first."""
    steps = sorted(messages, key=_order)
    outcomes = sorted(changes)
    rows = []
    for day, simulated in played.days.items():
        if not simulated.messages and not simulated.changes:
            continue
        numbers = [simulated.messages[step] for step in steps] + [simulated.changes[outcome] for outcome in outcomes]
        money, _ = worth(simulated.shut, prices)
        at_stake = str(money) if money else "-"
        rows.append((_day(day), *(human_count(number) if number else "-" for number in numbers), at_stake))
    columns = ("day", *map(words, steps), *outcomes, "at stake a month")
    return ReportTable(title="Calendar", columns=columns, rows=tuple(rows))


def _order(step: str) -> tuple[int, str]:
    """From the farthest before the end to the farthest after it; the last day comes before what is told of changes."""
    number, _, rest = step.partition("_")
    days = int(number) if number.isdigit() else 0
    return (-days if rest.endswith("before") else days, step)


def _day(day: date) -> str:
    return f"{day:%a %Y-%m-%d}"


def _label(day: date, simulated: SimulatedDay) -> str:
    return f"{_day(day)}: {human_count(simulated.shut.total(), 'trial')}"


def _amount(simulated: SimulatedDay, prices: Prices) -> float:
    """For the length of a bar only; the numbers that are told are decimals."""
    money, _ = worth(simulated.shut, prices)
    return float(money.amount) if money else 0.0
