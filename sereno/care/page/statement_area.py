"""The part of the page about statements: which took the time since the run before."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sereno.care.growth import Spent, counts_on, spent
from sereno.care.looking import Unseen
from sereno.care.page.area import Area, Judged, table, without
from sereno.care.statements import MISSING, Statements
from sereno.ledger.care_readings import CareReading
from sereno.reports.build import human_count, human_seconds, shortened
from sereno.reports.charts import bar_chart
from sereno.reports.model import Finding
from sereno.systems.sections.care import Care

_LISTED = 15
_CHARTED = 8
_COLUMNS = ("statement", "calls", "time", "share", "per call", "rows per call, ever")


def area(
    statements: Statements | Unseen, last: CareReading, before: CareReading | None, care: Care, zone: ZoneInfo
) -> Area:
    """What took the time since `before`, else since the server began to count."""
    if isinstance(statements, Unseen):
        name = "the time that statements take is counted"
        missing = MISSING in statements.reason
        finding = Finding(name=name, passed=False, required=not missing, evidence=statements.reason)
        return Area(judged=[Judged(finding, "statements that are not counted")])
    compared = before if counts_on(last, before) else None
    found = spent(statements.statements, compared)
    period = _period(statements, compared, zone)
    total = sum(each.milliseconds for each in found)
    slow = [each for each in found if each.mean_milliseconds > care.slow_statement_milliseconds]
    judged = without(
        [f"{_text(each, 120)}: {_took(each.mean_milliseconds)} in each of {_calls(each)}" for each in slow],
        f"no statement takes more than {_took(care.slow_statement_milliseconds)} on average",
        trouble=("slow statement", "slow statements"),
        advice="EXPLAIN (ANALYZE, BUFFERS) it with real values; often an index is missing",
        required=False,
        otherwise=period
        + (f"; {human_count(statements.hidden)} of other roles are hidden" if statements.hidden else ""),
    )
    bars = [(_text(each, 42), each.milliseconds / 1000) for each in found[:_CHARTED]]
    title = f"What took the time, {period}"
    return Area(
        judged=[judged],
        figures={"statements": len(found), "statement_time_seconds": round(total / 1000, 3)},
        charts={title: bar_chart(title, bars, "seconds")} if bars else {},
        tables=table(f"Statements that took most time, {period}", _COLUMNS, (_row(e, total) for e in found[:_LISTED])),
    )


def _period(statements: Statements, compared: CareReading | None, zone: ZoneInfo) -> str:
    if compared:
        return f"since the run of {compared.taken_at.astimezone(zone):%Y-%m-%d %H:%M}"
    if statements.counted_since:
        return f"since counting began at {statements.counted_since.astimezone(zone):%Y-%m-%d %H:%M}"
    return "since counting began"


def _row(each: Spent, total: float) -> tuple[str, ...]:
    return (
        each.statement.text,
        human_count(each.calls),
        _took(each.milliseconds),
        f"{100 * each.milliseconds / total:.0f} %" if total else "-",
        _took(each.mean_milliseconds),
        f"{each.statement.rows / each.statement.calls:,.1f}" if each.statement.calls else "-",
    )


def _text(each: Spent, longest: int) -> str:
    return shortened(each.statement.text, longest)


def _calls(each: Spent) -> str:
    return human_count(each.calls, "call")


def _took(milliseconds: float) -> str:
    return human_seconds(milliseconds / 1000) if milliseconds >= 1 else f"{milliseconds:.2f} ms"
