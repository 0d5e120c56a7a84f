"""What stands side by side in the report of a smoke run, made of its findings: also of those read from a file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sereno.reports.build import human_seconds
from sereno.reports.model import Finding, ReportTable
from sereno.smoke.outcome import Outcome


def tables_of(findings: Sequence[Finding]) -> tuple[ReportTable, ...]:
    """The role matrix, and each check over its past runs, where there are any."""
    return (*_matrix(findings), *_history(findings))


def _matrix(findings: Sequence[Finding]) -> Iterator[ReportTable]:
    """A row for each endpoint, a column for each role."""
    cells = {
        (each.properties["row"], each.properties["role"]): each.properties
        for each in findings
        if each.properties.keys() >= {"row", "role", "expected_status", "outcome"}
    }
    if not cells:
        return
    roles = list(dict.fromkeys(role for _, role in cells))
    rows = list(dict.fromkeys(row for row, _ in cells))
    lines = tuple((row, *(_cell(cells.get((row, role))) for role in roles)) for row in rows)
    yield ReportTable(title="Who may do what", columns=("check", *roles), rows=lines)


def _cell(case: Mapping[str, str] | None) -> str:
    if case is None:
        return ""
    if case["outcome"] == Outcome.SKIPPED:
        return "skipped"
    if case.get("status") != case["expected_status"]:
        return f"✗ {case.get('status', 'no answer')}, expected {case['expected_status']}"
    took = f" in {_now(case)}" if _now(case) else ""
    return f"{'✗' if case['outcome'] == Outcome.FAILED else '✓'} {case['status']}{took}"


def _history(findings: Sequence[Finding]) -> Iterator[ReportTable]:
    lines = tuple(
        (
            each.name,
            *(each.properties.get(name, "") for name in ("runs_before", "failed_before", "flaky_before", "usual")),
            _now(each.properties),
            each.properties.get("trend", ""),
        )
        for each in findings
        if "runs_before" in each.properties
    )
    if lines:
        columns = ("check", "runs before", "failed", "flaky", "usual", "now", "latency over the runs")
        yield ReportTable(title="Over the past runs", columns=columns, rows=lines)


def _now(case: Mapping[str, str]) -> str:
    """How long the answer took."""
    return human_seconds(float(case["answered_seconds"])) if "answered_seconds" in case else ""
