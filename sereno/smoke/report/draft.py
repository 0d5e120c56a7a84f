"""A smoke run as a report: the headline, a finding per case, figures, the role matrix and the waterfall."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sereno.reports.build import human_count, human_seconds, shortened
from sereno.reports.charts import span_chart
from sereno.reports.model import Draft, Figure, Finding
from sereno.smoke.history import History, PastResult, findings_of_history, history_properties, latency_chart
from sereno.smoke.outcome import CaseResult, Outcome, SuiteRun
from sereno.smoke.report.tables import tables_of

TOLD_BY_WATERFALL = "when each check was made, and how long it took"
_NAMED = 3
_LONGEST_NAME = 80


def smoke_draft(run: SuiteRun, history: History | None = None) -> Draft:
    """The report of `run`; without a `history` nothing is compared with the runs before."""
    past = history or {}
    more = findings_of_history(run, past)
    findings = (*(finding_of(result, run, past.get(result.name, ())) for result in run.results), *more)
    charts = {TOLD_BY_WATERFALL: waterfall(findings)} if run.results else {}
    known = "none: PREFECT_API_URL is not set" if history is None else _runs_before(past)
    return Draft(
        headline=headline_of(run, more),
        figures={**figures_of(run), "history": known},
        findings=findings,
        charts={**charts, **latency_chart(run, past)},
        tables=tables_of(findings),
    )


def finding_of(result: CaseResult, run: SuiteRun, past: Sequence[PastResult] = ()) -> Finding:
    """One case as a finding: what was flaky or skipped did not pass, and fails no run by itself."""
    hard = result.outcome in (Outcome.PASSED, Outcome.FAILED)
    evidence = result.evidence
    if result.outcome is Outcome.FLAKY:
        evidence = f"flaky: {evidence}"
    if result.outcome is Outcome.SKIPPED:
        evidence = f"skipped: {evidence}"
    if result.curl:
        evidence = f"{evidence}\n{result.curl}"
    return Finding(
        name=result.name,
        passed=result.outcome is Outcome.PASSED,
        required=result.required and hard,
        evidence=evidence,
        seconds=None if result.outcome is Outcome.SKIPPED else round(result.took_seconds, 4),
        properties={**dict(_properties(result, run)), **history_properties(result, past)},
    )


def headline_of(run: SuiteRun, more: Sequence[Finding] = ()) -> str:
    """One sentence: did the suite pass, and what else should be known?"""
    by_outcome = {outcome: [each for each in run.results if each.outcome is outcome] for outcome in Outcome}
    failed = by_outcome[Outcome.FAILED]
    wrong = [each.name for each in failed if each.required]
    total = human_count(len(run.results), "check")
    took = human_seconds((run.finished_at - run.started_at).total_seconds())
    if wrong:
        parts = [f"{run.suite} of {run.system}: {human_count(len(wrong))} of {total} failed: {_names(wrong)}"]
    elif not any(each.passed for each in run.results):
        parts = [f"{run.suite} of {run.system}: no check was made"]
    elif len(run.results) == len(by_outcome[Outcome.PASSED]):
        parts = [f"{run.suite} of {run.system}: all {total} passed in {took}"]
    else:
        passed = human_count(len(by_outcome[Outcome.PASSED]))
        parts = [f"{run.suite} of {run.system}: {passed} of {total} passed in {took}"]
    for names, what in (
        ([each.name for each in failed if not each.required], "optional did not pass"),
        ([each.name for each in by_outcome[Outcome.FLAKY]], "flaky"),
        ([each.name for each in by_outcome[Outcome.SKIPPED]], "skipped"),
        ([each.name for each in more if not each.passed], "unlike before"),
    ):
        if names:
            parts.append(f"{human_count(len(names))} {what}: {_names(names)}")
    if run.left_out:
        parts.append(f"{human_count(len(run.left_out), 'live check')} left out")
    return "; ".join(parts)


def figures_of(run: SuiteRun) -> dict[str, Figure]:
    """How many checks ended how, and how long it took."""
    ended = Counter(result.outcome for result in run.results)
    figures: dict[str, Figure] = {"suite": run.suite, "base_url": run.base_url, "checks": len(run.results)}
    figures |= {outcome.value: ended[outcome] for outcome in Outcome if outcome is Outcome.PASSED or ended[outcome]}
    figures |= {"requests": run.requests, "wall_seconds": round((run.finished_at - run.started_at).total_seconds(), 3)}
    if run.left_out:
        figures["live_checks_left_out"] = len(run.left_out)
    if run.notes:
        figures["note"] = "; ".join(run.notes)
    return figures


def waterfall(findings: Sequence[Finding]) -> str:
    """When each check was made, as an SVG; of the findings of a run, also of one that was read from a file."""
    spans = [
        (each.name, float(each.properties["started_seconds"]), each.seconds, each.passed)
        for each in findings
        if each.seconds is not None and "started_seconds" in each.properties
    ]
    return span_chart("Checks over time", spans)


def _runs_before(past: History) -> str:
    longest = max((len(results) for results in past.values()), default=0)
    return human_count(longest, "run before", "runs before")


def _properties(result: CaseResult, run: SuiteRun) -> Iterator[tuple[str, str]]:
    yield "file", run.where
    yield "line", str(result.line)
    yield "suite", run.suite
    yield "outcome", result.outcome.value
    yield "effect", result.effect.value
    yield "request", f"{result.method} {result.url}"
    if result.login:
        yield "login", result.login
    if result.status is not None:
        yield "status", str(result.status)
    if result.seconds is not None:
        yield "answered_seconds", f"{result.seconds:.4f}"
    if result.outcome is not Outcome.SKIPPED:
        yield "started_seconds", f"{result.started_seconds:.4f}"
        yield "tries", str(result.tries)
    if result.matrix is not None:
        yield from zip(("row", "role"), result.matrix, strict=True)
        yield "expected_status", str(result.expected_status)
    if result.curl:
        yield "curl", result.curl


def _names(names: Sequence[str]) -> str:
    named = ", ".join(shortened(name, _LONGEST_NAME) for name in names[:_NAMED])
    return f"{named} and {human_count(len(names) - _NAMED)} more" if len(names) > _NAMED else named
