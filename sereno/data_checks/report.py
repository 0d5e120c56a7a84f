"""What the job `data_checks` reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sereno.data_checks.verdict import Kind, Verdict
from sereno.reports.build import headline, human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Figure, ReportTable

_COLUMNS = ("check", "expected", "seen", "holds")


def data_checks_report(verdicts: Sequence[Verdict]) -> Draft:
    """The report on every check. Where nothing is declared it says so, and passes."""
    findings = tuple(verdict.finding for verdict in verdicts)
    passed = sum(finding.passed for finding in findings)
    sentence = f"{passed:,} of {human_count(len(findings), 'check')} {'hold' if len(findings) != 1 else 'holds'}"
    kinds = Counter(verdict.kind for verdict in verdicts)
    figures: dict[str, Figure] = {
        "checks": len(findings),
        "checks_that_hold": passed,
        **{kind.replace(" ", "_"): kinds[kind] for kind in Kind if kinds[kind]},
    }
    timed = [(_query(each), round(each.budget_percent, 1)) for each in verdicts if each.budget_percent is not None]
    title = "How much of its time the best try of each query took"
    chart = {title: bar_chart(title, timed, "%")} if timed else {}
    return Draft(
        headline=headline(findings, sentence if findings else "nothing is declared to be checked"),
        figures=figures,
        findings=findings,
        charts=chart,
        tables=_compared(verdicts),
    )


def _compared(verdicts: Sequence[Verdict]) -> tuple[ReportTable, ...]:
    rows = tuple(
        (verdict.finding.name, verdict.expected, verdict.seen or "-", "yes" if verdict.finding.passed else "no")
        for verdict in verdicts
        if verdict.expected
    )
    return (ReportTable(title="What was expected and what was seen", columns=_COLUMNS, rows=rows),) if rows else ()


def _query(verdict: Verdict) -> str:
    return f"{verdict.finding.name.removeprefix('the query ').partition(' takes ')[0]}, {verdict.seen}"
