"""Comparing a run with the accepted one of the same load. Both are figures of the ledger."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sereno.load.measure import Measurement
from sereno.load.thresholds import PERCENTILES, latency, measured
from sereno.reports.model import Finding

_COMPARED = ("p50", "p95", "p99")
_NOISE_SECONDS = 0.005
"""What the fastest of servers may be slower by before a share of its latency means anything."""


@dataclass(frozen=True, kw_only=True)
class Baseline:
    """An accepted run. `figures` are those of `kept_figures`."""

    run: int
    """Its number in the ledger."""
    day: str
    figures: Mapping[str, float]


def kept_figures(measurement: Measurement) -> dict[str, float]:
    """What is remembered of a run: seconds by percentile, `rps`, `error_rate`, `requests`; only what was measured."""
    recorder = measurement.recorder
    found = {metric: measured(recorder, metric) for metric in (*PERCENTILES, "max", "mean", "rps", "error_rate")}
    known = {metric: round(value, 6) for metric, value in found.items() if value == value}
    return {**known, "requests": float(recorder.ended)}


def compared(
    now: Mapping[str, float], baseline: Baseline, *, tolerance_percent: int, paced: bool, required: bool = True
) -> Iterator[Finding]:
    """Whether a run is not slower than the accepted one, by more than is tolerated.

    Args:
        now: the run's figures.
        baseline: the accepted run.
        tolerance_percent: by how much more a latency may be, and by how much less the throughput.
        paced: the load was open, so that its throughput was given and says nothing.
        required: false where the client was the limit, so that the comparison says little.
    """
    more = 1 + tolerance_percent / 100
    for metric in _COMPARED:
        before, after = baseline.figures.get(metric), now.get(metric)
        if before is None or after is None:
            continue
        yield Finding(
            name=f"{metric} is not over {tolerance_percent} % above the baseline",
            required=required,
            passed=after <= max(before * more, before + _NOISE_SECONDS),
            evidence=f"{latency(after)}, {latency(before)} on {baseline.day}",
        )
    if not paced and (before := baseline.figures.get("rps")) and (after := now.get("rps")) is not None:
        yield Finding(
            name=f"throughput is not over {tolerance_percent} % below the baseline",
            required=required,
            passed=after >= before / more,
            evidence=f"{after:,.0f} a second, {before:,.0f} on {baseline.day}",
        )
