"""What `trial_expiry` reports: who would be told what and why, what changes, and what contradicts the policy."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType
from zoneinfo import ZoneInfo

from sereno.messages.deliveries import Deliveries
from sereno.reports.build import headline, human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Figure, Finding, ReportTable
from sereno.systems.sections.prices import Prices
from sereno.trials.changed import Changed
from sereno.trials.decide import Contradiction
from sereno.trials.planned import PlannedChange, PlannedNotice, Tally, TrialPlan
from sereno.trials.worth import worth

MOST_ROWS = 500
"""How many accounts a table shows; the figures count all of them."""
_LIVE_MENDS = {Contradiction.LONG_PAST, Contradiction.ENDED_YET_PAID}
_FIXES: Mapping[Contradiction, str] = MappingProxyType(
    {
        Contradiction.ENDED_YET_ACTIVE: "take their access away in the system; sql/trials.expire.sql should have",
        Contradiction.ENDED_YET_PAID: "a live run reactivates them, unless trials.reactivate is false",
        Contradiction.TRIALING_YET_PAID: "give them a status of a customer; nothing is told or done meanwhile",
        Contradiction.LONG_PAST: "a live run does what the policy says of their plan; or move their end, or hold them",
        Contradiction.NO_END: "give them an end; without one nothing ever falls due",
        Contradiction.NO_CONTACT: "give them a verified address that one of the channels reaches",
        Contradiction.UNKNOWN_STATUS: "add the word to trials.statuses; nothing is told or done meanwhile",
        Contradiction.UNKNOWN_ZONE: "give them an IANA zone; meanwhile their days are the system's",
    }
)


def trial_report(
    plan: TrialPlan,
    prices: Prices | None,
    *,
    changed: Changed | None = None,
    told: int = 0,
    deliveries: Deliveries | None = None,
) -> Draft:
    """The report on a plan, or, with `changed` and `deliveries`, on what a live run did of it."""
    live = changed is not None
    findings = [*_contradictions(plan, changed), *_left_out(plan), *_prices(plan, prices)]
    if changed is not None and deliveries is not None:
        findings = [_changes_done(changed), *_messages_done(deliveries), *findings]
        passed = _done(plan, changed, deliveries)
    else:
        passed = _would(plan, prices)
    steps = Counter(planned.notice.step for planned in plan.notices)
    steps += Counter(change.outcome.value for change in plan.changes if change.channels)
    return Draft(
        headline=headline(findings, passed),
        figures=_figures(plan, prices, changed, told, deliveries),
        findings=tuple(findings),
        charts={"Messages by step": bar_chart("Messages by step", _bars(steps), "messages")} if steps else {},
        tables=tuple(_tables(plan, live=live)),
    )


def _bars(steps: Counter[str]) -> list[tuple[str, float]]:
    return [(words(step), float(number)) for step, number in steps.most_common()]


def words(step: str) -> str:
    """`7 days before` of `7_days_before`."""
    return step.replace("_", " ")


def _contradictions(plan: TrialPlan, changed: Changed | None) -> Iterator[Finding]:
    for contradiction in Contradiction:
        tally = plan.contradictions.get(contradiction)
        if tally is None:
            yield Finding(name=contradiction.value, passed=True, required=False)
            continue
        mended = changed is not None and contradiction in _LIVE_MENDS and not changed.problems and not plan.more_changes
        fix = "this run changed them as the policy says" if mended else _FIXES[contradiction]
        yield Finding(
            name=contradiction.value, passed=mended, required=False, evidence=f"{_accounts(tally)}. To mend it: {fix}"
        )


def _accounts(tally: Tally) -> str:
    more = tally.count - len(tally.accounts)
    named = ", ".join(tally.accounts) + (f" and {human_count(more)} more" if more else "")
    return f"{human_count(tally.count, 'account')} ({named})"


def _left_out(plan: TrialPlan) -> Iterator[Finding]:
    for reason, tally in plan.held.items():
        yield Finding(name=f"left alone: {reason}", passed=True, required=False, evidence=_accounts(tally))
    if plan.lapsed.count:
        yield Finding(
            name="what is left out because it would come too late is known",
            passed=True,
            required=False,
            evidence=f"{_accounts(plan.lapsed)}; trials.late_days says how late a message may be",
        )
    if plan.more_notices or plan.more_changes:
        waiting = f"{human_count(plan.more_notices, 'message')} and {human_count(plan.more_changes, 'change')}"
        yield Finding(
            name="everything that is due fits into one run",
            passed=False,
            required=False,
            evidence=f"{waiting} more wait for the next run; max_messages and max_changes bound one",
        )


def _prices(plan: TrialPlan, prices: Prices | None) -> Iterator[Finding]:
    _, without = worth(plan.at_stake, prices)
    if prices and without:
        unknown = sorted(name for name in plan.at_stake if prices.of(name) is None)
        yield Finding(
            name="every plan has a price",
            passed=False,
            required=False,
            evidence=f"{human_count(without, 'account')} of {', '.join(unknown)}; add them to prices.monthly",
        )


def _changes_done(changed: Changed) -> Finding:
    lines = [f"{account}: {problem}" for account, problem in list(changed.problems.items())[:MOST_ROWS]]
    if (more := len(changed.problems) - len(lines)) > 0:
        lines.append(f"and {human_count(more, 'account')} more")
    done = ", ".join(f"{outcome} {human_count(number)}" for outcome, number in changed.by_outcome.items() if number)
    evidence = "\n".join([done or "nothing had to change", *lines])
    return Finding(
        name="every account is as the policy says, seen in the system afterwards",
        passed=not changed.problems,
        evidence=evidence,
    )


def _messages_done(deliveries: Deliveries) -> Iterator[Finding]:
    tried = [
        f"{channel} {result} {human_count(count)}" for (channel, result), count in sorted(deliveries.results.items())
    ]
    why = [f"{human_count(count)} times: {problem}" for problem, count in deliveries.problems.most_common()]
    why += [f"channel {name} takes nothing now; what it has waits for the next run" for name in sorted(deliveries.down)]
    states = f"{human_count(deliveries.delivered, 'message')} delivered, {human_count(deliveries.waiting)} waiting"
    yield Finding(
        name="every message was delivered or waits for its time",
        passed=not (deliveries.failed or deliveries.unwritten or deliveries.down),
        evidence="\n".join([f"{states}, {human_count(deliveries.canceled)} not needed any more", *tried, *why]),
    )
    if deliveries.unreachable:
        yield Finding(
            name="every message has somebody who can be reached",
            passed=False,
            required=False,
            evidence=f"{human_count(deliveries.unreachable, 'message')} for accounts without a verified address",
        )


def _tables(plan: TrialPlan, *, live: bool) -> Iterator[ReportTable]:
    if plan.changes:
        yield ReportTable(
            title="What is changed" if live else "What would change",
            columns=("account", "plan", "trial ended", "change", "told by", "why"),
            rows=tuple(_change_row(change) for change in plan.changes[:MOST_ROWS]),
        )
    if plan.notices:
        yield ReportTable(
            title="Who is told what" if live else "Who would be told what",
            columns=("account", "plan", "trial ends", "message", "by", "why"),
            rows=tuple(_notice_row(planned) for planned in plan.notices[:MOST_ROWS]),
        )


def _change_row(change: PlannedChange) -> tuple[str, ...]:
    ended = _local(change.ends_at, change.zone) if change.ends_at else "-"
    why = "paid for since" if change.outcome == "reactivate" else f"due since {_local(change.due_at, change.zone)}"
    told = ", else ".join(change.channels) or "-"
    return (str(change.key), change.plan, ended, change.outcome.value, told, why)


def _notice_row(planned: PlannedNotice) -> tuple[str, ...]:
    notice = planned.notice
    return (
        notice.account,
        planned.plan,
        _local(notice.ends_at, planned.zone),
        words(notice.step),
        ", else ".join(planned.channels),
        f"due since {_local(planned.due_at, planned.zone)}",
    )


def _local(moment: datetime, zone: str) -> str:
    try:
        return f"{moment.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M %Z}"
    except OverflowError:
        return moment.isoformat()


def _figures(
    plan: TrialPlan, prices: Prices | None, changed: Changed | None, told: int, deliveries: Deliveries | None
) -> dict[str, Figure]:
    money, without = worth(plan.at_stake, prices)
    figures: dict[str, Figure] = {
        "accounts_considered": plan.looked_at,
        "told_before": plan.told_before,
        "left_alone": sum(tally.count for tally in plan.held.values()),
        "too_late": plan.lapsed.count,
        "contradictions": sum(tally.count for tally in plan.contradictions.values()),
        "monthly_revenue_at_stake": str(money) if money else None,
        "accounts_without_price": without,
    }
    if changed is None or deliveries is None:
        outcomes = Counter(change.outcome.value for change in plan.changes)
        return {
            "would_tell": plan.messages,
            **{f"would_{outcome}": number for outcome, number in sorted(outcomes.items())},
            **figures,
        }
    return {
        **{f"{outcome}_accounts": number for outcome, number in sorted(changed.by_outcome.items())},
        "changes_failed": len(changed.problems),
        "notices_written": told,
        "delivered": deliveries.delivered,
        "messages_failed": deliveries.failed,
        "messages_canceled": deliveries.canceled,
        "messages_waiting": deliveries.waiting,
        **figures,
    }


def _would(plan: TrialPlan, prices: Prices | None) -> str:
    changes = len(plan.changes) + plan.more_changes
    money, _ = worth(plan.at_stake, prices)
    stake = f", worth {money} a month" if money else ""
    told = human_count(plan.messages, "message")
    return f"{told} would go, and {human_count(changes, 'account')} would be changed{stake if changes else ''}"


def _done(plan: TrialPlan, changed: Changed, deliveries: Deliveries) -> str:
    number = sum(changed.by_outcome.values())
    waiting = f", {human_count(deliveries.waiting)} wait" if deliveries.waiting else ""
    told = human_count(deliveries.delivered, "message")
    return f"{told} delivered{waiting}, and {human_count(number, 'account')} of {plan.system} changed"
