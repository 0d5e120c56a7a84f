"""What a load check has found out, as findings."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.load.apply import LoadOutcome
from sereno.load.measure import Measurement
from sereno.load.plan import LoadPlan
from sereno.reports.build import human_count
from sereno.reports.model import Finding

CLIENT = "the client was not the limit"
_KEPT_PERCENT = 95


def probe_finding(plan: LoadPlan, probe: Measurement) -> Finding:
    """Whether the one request was answered as it should be."""
    recorder = probe.recorder
    statuses = ", ".join(f"status {status}" for status in recorder.statuses)
    evidence = ", ".join(recorder.errors) or statuses
    if recorder.failed and plan.endpoint.expected_statuses and recorder.statuses:
        evidence += f"; expected {' or '.join(map(str, plan.endpoint.expected_statuses))}"
    return Finding(name=f"{plan.what} is answered", passed=not recorder.failed, evidence=evidence)


def outcome_findings(outcome: LoadOutcome) -> Iterator[Finding]:
    """Everything but the comparison with a baseline; thresholds first."""
    plan, measurement, server = outcome.plan, outcome.measurement, outcome.server
    recorder = measurement.recorder
    yield from (threshold.finding(recorder) for threshold in plan.thresholds)
    sent = f"{human_count(recorder.ended, 'request')} ended"
    yield Finding(
        name="the load was sent to its end", passed=not measurement.aborted, evidence=measurement.aborted or sent
    )
    limits = measurement.client.limits
    yield Finding(
        name=CLIENT,
        passed=not limits,
        required=False,
        evidence="; ".join(limits) or f"it used {measurement.client.cpu_percent:.0f} % of a core",
    )
    if plan.load.rate is not None and not measurement.aborted:
        reached = 100 * recorder.answered_per_second / plan.load.rate
        yield Finding(
            name="the system kept up with the rate",
            passed=reached >= _KEPT_PERCENT,
            required=False,
            evidence=f"{recorder.answered_per_second:,.1f} of {plan.load.rate:g} a second were answered",
        )
    evidence = server.problem or f"{human_count(server.looks, 'look')} at the database"
    yield Finding(name="the database could be looked at", passed=not server.problem, required=False, evidence=evidence)
