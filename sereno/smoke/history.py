"""What the runs before say about this one: flakes, a latency that crept up, answers of another shape. Rules alone."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sereno.reports.build import human_count, human_seconds
from sereno.reports.charts import line_chart
from sereno.reports.model import Finding
from sereno.smoke.outcome import CaseResult, Outcome, SuiteRun
from sereno.smoke.shape import drift

RUNS_KEPT = 200
"""Of each suite; older results are deleted."""
RUNS_LOOKED_AT = 30
FEWEST_BEFORE = 5
"""Runs with a latency that are needed before one can be called slower."""
RECENT = 3
"""Runs, this one among them, whose middle is compared: a single slow answer is no trend."""
SLOWER_TIMES, SLOWER_SECONDS = 2.0, 0.05
_BARS = "▁▂▃▄▅▆▇█"
_MOST_LINES = 5  # of a drift


@dataclass(frozen=True, kw_only=True)
class PastResult:
    """What became of a check in an earlier run."""

    started_at: datetime
    outcome: Outcome
    seconds: float | None
    shape: Mapping[str, str] | None


History = Mapping[str, Sequence[PastResult]]
"""Earlier results by the name of the check, oldest first."""


def findings_of_history(run: SuiteRun, history: History) -> list[Finding]:
    """One finding for each check that is slower, or whose answer has another shape, than before; none is required."""
    findings: list[Finding] = []
    for result in run.results:
        past = history.get(result.name, ())
        properties = {"file": run.where, "line": str(result.line)}
        if slower := why_slower(result, past):
            name = f"{result.name} takes as long as before"
            findings.append(Finding(name=name, passed=False, required=False, evidence=slower, properties=properties))
        if changes := shape_changes(result, past):
            name = f"{result.name} answers in the shape of before"
            evidence = "\n".join(changes[:_MOST_LINES])
            evidence += f"\nand {len(changes) - _MOST_LINES} more" if len(changes) > _MOST_LINES else ""
            findings.append(Finding(name=name, passed=False, required=False, evidence=evidence, properties=properties))
    return findings


def why_slower(result: CaseResult, past: Sequence[PastResult]) -> str | None:
    """How much slower the last answers were than those before; None when they were not, or too little is known."""
    if not result.passed or result.seconds is None:
        return None
    known = [each.seconds for each in past if each.seconds is not None and each.outcome is not Outcome.FAILED]
    recent, before = [*known[1 - RECENT :], result.seconds], known[: 1 - RECENT]
    if len(recent) < RECENT or len(before) < FEWEST_BEFORE:
        return None
    now, was = statistics.median(recent), statistics.median(before)
    if now <= was * SLOWER_TIMES or now - was <= SLOWER_SECONDS:
        return None
    return (
        f"the last {RECENT} answers took {human_seconds(now)} in the middle, "
        f"the {human_count(len(before))} before {human_seconds(was)}"
    )


def shape_changes(result: CaseResult, past: Sequence[PastResult]) -> list[str]:
    """How the answer's JSON differs from the shapes that were seen before."""
    shapes = [each.shape for each in past if each.shape is not None]
    return drift(result.shape, shapes) if result.shape is not None else []


def flake_rate(past: Sequence[PastResult]) -> float:
    """The share of runs in which the check passed only at a later try, or failed between two that passed; 0 to 1."""
    made = [each for each in past if each.outcome is not Outcome.SKIPPED]
    if not made:
        return 0.0
    flaky = sum(each.outcome is Outcome.FLAKY for each in made)
    between = zip(made, made[1:], made[2:], strict=False)
    alone = sum(
        one.outcome is Outcome.PASSED and each.outcome is Outcome.FAILED and other.outcome is Outcome.PASSED
        for one, each, other in between
    )
    return (flaky + alone) / len(made)


def history_properties(result: CaseResult, past: Sequence[PastResult]) -> dict[str, str]:
    """A check over its past runs, in words by name; nothing without a past."""
    if not past:
        return {}
    seconds = [each.seconds for each in past if each.seconds is not None]
    now = [] if result.seconds is None else [result.seconds]
    return {
        "runs_before": human_count(len(past)),
        "failed_before": human_count(sum(each.outcome is Outcome.FAILED for each in past)),
        "flaky_before": f"{flake_rate(past):.0%}",
        "usual": human_seconds(statistics.median(seconds)) if seconds else "",
        "trend": sparkline([*seconds, *now]),
    }


def latency_chart(run: SuiteRun, history: History) -> dict[str, str]:
    """The middle latency of all checks, run by run, as an SVG by what it says; empty without a past."""
    by_run: dict[datetime, list[float]] = {}
    for past in history.values():
        for each in past:
            if each.seconds is not None:
                by_run.setdefault(each.started_at, []).append(each.seconds)
    now = [result.seconds for result in run.results if result.seconds is not None]
    if not by_run or not now:
        return {}
    points = [(f"{at:%d %b %H:%M}", statistics.median(by_run[at])) for at in sorted(by_run)]
    points.append((f"{run.started_at:%d %b %H:%M}", statistics.median(now)))
    return {"how long the middle check took, run by run": line_chart("Latency over the runs", points, "seconds")}


def sparkline(values: Sequence[float]) -> str:
    """`▁▂█`: values from zero to the largest."""
    largest = max(values, default=0)
    if largest <= 0:
        return ""
    return "".join(_BARS[min(int(value / largest * len(_BARS)), len(_BARS) - 1)] for value in values)
