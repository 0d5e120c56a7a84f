"""Prometheus metrics from plain values: counters are derived from the ledger's rows, so they survive restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from sereno.reports.model import Effect, Result

_LABELS = ("system", "job", "effect")


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """A finished run, as the ledger knows it: the newest of `runs` with the same system, job, effect and result."""

    system: str
    job: str
    effect: Effect
    result: Result
    finished_at: datetime
    seconds: float
    runs: int = 1


@dataclass(frozen=True, kw_only=True)
class DeliveryCount:
    """How many attempts to deliver messages of a system by one channel ended in one way, since the beginning."""

    system: str
    channel: str
    result: str
    attempts: int


@dataclass(frozen=True, kw_only=True)
class Count:
    """How often something was done: one time series of a counter, summed up from the ledger."""

    name: str
    """The counter's, without `_total`."""
    documentation: str
    labels: Mapping[str, str]
    value: int


@dataclass(frozen=True, kw_only=True)
class OverviewRecord:
    """A system's business at its newest snapshot; None is what is not known. `revenue` is monthly, by plan."""

    system: str
    taken_at: datetime
    currency: str | None
    active_tenants: int | None
    trials_ending: int | None
    open_alerts: int | None
    revenue: Mapping[str, Decimal]


@dataclass(frozen=True, kw_only=True)
class Measures:
    """What there is to be told at one moment."""

    runs: Sequence[RunRecord] = ()
    deliveries: Sequence[DeliveryCount] = ()
    counts: Sequence[Count] = ()
    overviews: Sequence[OverviewRecord] = ()
    ledger_readable: bool | None = None
    """None where nobody asks, since the text is written by what has just read the ledger."""


def exposition(
    runs: Iterable[RunRecord],
    deliveries: Iterable[DeliveryCount] = (),
    counts: Iterable[Count] = (),
    overviews: Iterable[OverviewRecord] = (),
) -> bytes:
    """The metrics of all of these, each in any order, in Prometheus's text format.

    The gauges are kept apart by effect, as a dry run that passes says nothing about the live run that does not; a job
    that never passed has no time of its last success.
    """
    measures = Measures(
        runs=tuple(runs), deliveries=tuple(deliveries), counts=tuple(counts), overviews=tuple(overviews)
    )
    return generate_latest(registry_of(lambda: measures))


def registry_of(read: Callable[[], Measures]) -> CollectorRegistry:
    """A registry that asks `read` anew each time it is collected."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Measured(read))
    return registry


class _Measured(Collector):
    def __init__(self, read: Callable[[], Measures]) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        measures = self._read()
        yield from _of_runs(measures.runs)
        yield from _of_deliveries(measures.deliveries)
        yield from _of_counts(measures.counts)
        yield from _of_overviews(measures.overviews)
        if measures.ledger_readable is not None:
            readable = GaugeMetricFamily("sereno_ledger_readable", "Whether the ledger could be read.")
            readable.add_metric([], int(measures.ledger_readable))
            yield readable


def _of_runs(runs: Sequence[RunRecord]) -> Iterator[Metric]:
    totals: Counter[tuple[str, ...]] = Counter()
    for run in runs:
        totals[run.system, run.job, run.effect, run.result] += run.runs
    total = CounterMetricFamily("sereno_job_runs", "Finished runs.", labels=(*_LABELS, "result"))
    for labels, number in sorted(totals.items()):
        total.add_metric([str(label) for label in labels], number)
    yield total
    last = _latest(runs)
    passed = _latest(run for run in runs if run.result is Result.PASSED)
    yield _gauge(
        "sereno_job_last_finished_timestamp_seconds",
        "When the last run finished, in seconds since 1970.",
        {labels: run.finished_at.timestamp() for labels, run in last.items()},
    )
    yield _gauge(
        "sereno_job_last_success_timestamp_seconds",
        "When the last run that passed finished, in seconds since 1970.",
        {labels: run.finished_at.timestamp() for labels, run in passed.items()},
    )
    yield _gauge(
        "sereno_job_last_duration_seconds",
        "How long the last run took.",
        {labels: run.seconds for labels, run in last.items()},
    )


def _of_deliveries(deliveries: Sequence[DeliveryCount]) -> Iterator[Metric]:
    labels = ("system", "channel", "result")
    total = CounterMetricFamily("sereno_message_deliveries", "Attempts to deliver messages.", labels=labels)
    for each in sorted(deliveries, key=lambda each: (each.system, each.channel, each.result)):
        total.add_metric([each.system, each.channel, each.result], each.attempts)
    if deliveries:
        yield total


def _of_overviews(overviews: Sequence[OverviewRecord]) -> Iterator[Metric]:
    """Only what is told: a system without tenants has no gauge of them."""
    found = sorted(overviews, key=lambda each: each.system)
    told: dict[str, tuple[str, dict[tuple[str, ...], float | None]]] = {
        "active_tenants": ("Active tenants.", {(each.system,): each.active_tenants for each in found}),
        "trials_ending": (
            "Trials that end within seven days.",
            {(each.system,): each.trials_ending for each in found},
        ),
        "open_alerts": ("Open alerts of the system.", {(each.system,): each.open_alerts for each in found}),
        "overview_timestamp_seconds": (
            "When these figures were taken, in seconds since 1970.",
            {(each.system,): each.taken_at.timestamp() for each in found},
        ),
        "monthly_revenue": (
            "Monthly recurring revenue by plan, in the currency that the label says.",
            {
                (each.system, plan, each.currency or ""): float(amount)
                for each in found
                for plan, amount in sorted(each.revenue.items())
            },
        ),
    }
    for name, (documentation, values) in told.items():
        known = {labels: value for labels, value in values.items() if value is not None}
        labels = ("system", "plan", "currency") if name == "monthly_revenue" else ("system",)
        if known:
            yield _gauge(f"sereno_{name}", documentation, known, labels=labels)


def _of_counts(counts: Sequence[Count]) -> Iterator[Metric]:
    families: dict[str, CounterMetricFamily] = {}
    for count in sorted(counts, key=lambda each: (each.name, sorted(each.labels.items()))):
        if count.name not in families:
            families[count.name] = CounterMetricFamily(count.name, count.documentation, labels=tuple(count.labels))
        families[count.name].add_metric(list(count.labels.values()), count.value)
    yield from families.values()


def _latest(runs: Iterable[RunRecord]) -> dict[tuple[str, ...], RunRecord]:
    latest: dict[tuple[str, ...], RunRecord] = {}
    for run in runs:
        labels = (run.system, run.job, run.effect.value)
        if labels not in latest or run.finished_at >= latest[labels].finished_at:
            latest[labels] = run
    return latest


def _gauge(
    name: str, documentation: str, values: dict[tuple[str, ...], float], *, labels: tuple[str, ...] = _LABELS
) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=labels)
    for given, value in sorted(values.items()):
        family.add_metric(given, value)
    return family
