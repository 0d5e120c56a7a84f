"""What the job `load_check` reports: what does the system bear, and how does it answer under it?"""

from __future__ import annotations

import math

from sereno.load.apply import LoadOutcome
from sereno.load.findings import probe_finding
from sereno.load.history import LoadHistory
from sereno.load.measure import Measurement
from sereno.load.plan import LoadPlan
from sereno.load.recorder import Recorder
from sereno.load.thresholds import PERCENTILES, latency, measured
from sereno.reports.build import headline, human_count, human_seconds, tally
from sereno.reports.charts import bar_chart, line_chart
from sereno.reports.model import Draft, Figure, ReportTable, Result
from sereno.systems.model import System

_LATENCIES = (*PERCENTILES, "max", "mean")
_MOST_POINTS = 240


def load_preview(plan: LoadPlan, probe: Measurement) -> Draft:
    """The report of a dry run, and of a live one whose first request was not answered: no load was sent."""
    finding = probe_finding(plan, probe)
    took = latency(probe.recorder.latencies.percentile(100)) if finding.passed else ""
    wanted = ", ".join(threshold.text for threshold in plan.thresholds)
    sentence = (
        f"would send {plan.load} to {plan.what} and require {wanted}; one request now took {took}; run again with "
        "dry_run off and confirm_live=YES"
    )
    failed = f"no load was sent, since the first request failed: {finding.name}: {finding.evidence}"
    figures: dict[str, Figure] = {"endpoint": plan.endpoint.name, "target": plan.target.name, "load": str(plan.load)}
    return Draft(headline=sentence if finding.passed else failed, figures=figures, findings=(finding,))


def load_report(system: System, outcome: LoadOutcome, history: LoadHistory) -> Draft:
    """The report of a load check that was carried out."""
    recorder = outcome.measurement.recorder
    tables = (
        _latencies(recorder, history),
        *_tally("Errors", "what happened", [(kind, count) for kind, count in recorder.errors.most_common(20)]),
        *_tally("Statuses", "status", [(str(status), count) for status, count in sorted(recorder.statuses.items())]),
        *_server_tables(outcome),
        *_runs(system, history),
    )
    return Draft(
        headline=_answer(outcome, history),
        figures=_figures(outcome, history),
        findings=history.findings,
        charts=_charts(system, outcome, history),
        tables=tables,
    )


def _answer(outcome: LoadOutcome, history: LoadHistory) -> str:
    recorder, plan = outcome.measurement.recorder, outcome.plan
    median, high, highest = (latency(measured(recorder, metric)) for metric in ("p50", "p95", "p99"))
    failed = human_count(recorder.failed, "error") if recorder.failed else "no errors"
    figures = (
        f"{recorder.answered_per_second:,.0f} answers a second, p50 {median}, p95 {high}, p99 {highest}, {failed}"
        if recorder.latencies.count
        else f"nothing was answered, {failed}"
    )
    measured_what = f"{plan.what} under {plan.load}: {figures}"
    limits = outcome.measurement.client.limits
    warning = f"; the client was the limit, so the system may bear more: {'; '.join(limits)}" if limits else ""
    if tally(history.findings) is Result.FAILED:
        return f"{headline([each for each in history.findings if each.required], '')}; {measured_what}{warning}"
    return measured_what + warning


def _figures(outcome: LoadOutcome, history: LoadHistory) -> dict[str, Figure]:
    recorder, plan, client = outcome.measurement.recorder, outcome.plan, outcome.measurement.client
    latencies = {
        f"{metric.replace('.', '')}_seconds": round(value, 6)
        for metric in _LATENCIES
        if math.isfinite(value := measured(recorder, metric))
    }
    return {
        "endpoint": plan.endpoint.name,
        "target": plan.target.name,
        "load": str(plan.load),
        "requests": recorder.ended,
        "errors": recorder.failed,
        "error_rate_percent": round(recorder.error_percent, 3),
        "offered_a_second": round(plan.load.rate or recorder.ended / recorder.wall_seconds, 1),
        "answered_a_second": round(recorder.answered_per_second, 1),
        **latencies,
        "body_bytes": recorder.body_bytes,
        "sent_again": recorder.repeated,
        "client_cpu_percent": round(client.cpu_percent, 1),
        "client_lag_p99_seconds": round(client.lag_p99_seconds, 6),
        "baseline": history.baseline.day if history.baseline else None,
    }


def _charts(system: System, outcome: LoadOutcome, history: LoadHistory) -> dict[str, str]:
    recorder = outcome.measurement.recorder
    seconds = recorder.seconds[:: max(1, math.ceil(len(recorder.seconds) / _MOST_POINTS))]
    bars = [(metric, value) for metric in _LATENCIES if math.isfinite(value := measured(recorder, metric))]
    charts = {"Latency by percentile": bar_chart("Latency by percentile", bars, "seconds")}
    if len(seconds) > 1:
        each = [(f"second {second.second + 1}", second) for second in seconds]
        ended = [(label, float(second.ended)) for label, second in each]
        slowest = [(label, second.p95) for label, second in each]
        errors = [(label, float(second.errors)) for label, second in each]
        charts["Requests ended in each second"] = line_chart("Requests ended in each second", ended, "")
        charts["p95 of each second"] = line_chart("p95 of each second", slowest, "seconds")
        if recorder.failed:
            charts["Errors in each second"] = line_chart("Errors in each second", errors, "")
    if len(history.runs) > 1:
        points = [
            (f"{run.started_at.astimezone(system.zone):%Y-%m-%d}", run.figures.get("p95", math.nan))
            for run in history.runs
        ]
        charts["p95 of the runs so far"] = line_chart("p95 of the runs so far", points, "seconds")
    return charts


def _latencies(recorder: Recorder, history: LoadHistory) -> ReportTable:
    baseline = history.baseline.figures if history.baseline else {}
    rows = []
    for metric in _LATENCIES:
        value = measured(recorder, metric)
        before = baseline.get(metric)
        shown = latency(value) if math.isfinite(value) else "-"
        rows.append((metric, shown, "-" if before is None else latency(before)))
    return ReportTable(title="Latency", columns=("percentile", "this run", "baseline"), rows=tuple(rows))


def _tally(title: str, what: str, counts: list[tuple[str, int]]) -> list[ReportTable]:
    rows = tuple((name, human_count(count)) for name, count in counts)
    return [ReportTable(title=title, columns=(what, "requests"), rows=rows)] if rows else []


def _server_tables(outcome: LoadOutcome) -> list[ReportTable]:
    server = outcome.server
    if not server.looks:
        return []
    least = "at least " if server.hidden else ""
    counts = (
        ("open", human_count(server.connections)),
        ("working", least + human_count(server.active)),
        ("in a transaction, idle", least + human_count(server.in_transaction)),
        ("waiting for a lock", least + human_count(server.waiting)),
        ("allowed", human_count(server.allowed)),
    )
    tables = [
        ReportTable(
            title="The database's connections, at most",
            columns=("connections", "number"),
            rows=counts,
        )
    ]
    if server.statements:
        columns = ("statement", "calls", "seconds in all") if server.counted else ("statement", "seen", "longest")
        rows = tuple((each.text, human_count(each.times), human_seconds(each.seconds)) for each in server.statements)
        tables.append(ReportTable(title="The database's slowest statements", columns=columns, rows=rows))
    return tables


def _runs(system: System, history: LoadHistory) -> list[ReportTable]:
    rows = tuple(
        (
            f"{run.started_at.astimezone(system.zone):%Y-%m-%d %H:%M}",
            f"{run.result.value}{', baseline' if run.accepted else ''}",
            f"{run.figures.get('rps', 0):,.0f}",
            *(latency(run.figures[metric]) if metric in run.figures else "-" for metric in ("p50", "p95", "p99")),
            f"{run.figures.get('error_rate', 0):g} %",
        )
        for run in reversed(history.runs)
    )
    columns = ("run", "result", "answers a second", "p50", "p95", "p99", "errors")
    return [ReportTable(title="Runs of this load so far", columns=columns, rows=rows)]
