"""Prometheus metrics from plain values: counters are derived from the ledger's rows, so they survive restarts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

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


def exposition(
    runs: Iterable[RunRecord], deliveries: Iterable[DeliveryCount] = (), counts: Iterable[Count] = ()
) -> bytes:
    """The metrics of `runs`, `deliveries` and `counts`, in any order, in Prometheus's text format.

    The gauges are kept apart by effect, as a dry run that passes says nothing about the live run that does not; a job
    that never passed has no time of its last success.
    """
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Runs(runs))
    registry.register(_Deliveries(deliveries))
    registry.register(_Counts(counts))
    return generate_latest(registry)


class _Runs(Collector):
    def __init__(self, runs: Iterable[RunRecord]) -> None:
        self._runs = list(runs)

    def collect(self) -> Iterator[Metric]:
        totals: Counter[tuple[str, ...]] = Counter()
        for run in self._runs:
            totals[run.system, run.job, run.effect, run.result] += run.runs
        total = CounterMetricFamily("sereno_job_runs", "Finished runs.", labels=(*_LABELS, "result"))
        for labels, number in sorted(totals.items()):
            total.add_metric([str(label) for label in labels], number)
        yield total
        last = _latest(self._runs)
        passed = _latest(run for run in self._runs if run.result is Result.PASSED)
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


class _Counts(Collector):
    def __init__(self, counts: Iterable[Count]) -> None:
        self._counts = list(counts)

    def collect(self) -> Iterator[Metric]:
        families: dict[str, CounterMetricFamily] = {}
        for count in sorted(self._counts, key=lambda each: (each.name, sorted(each.labels.items()))):
            if count.name not in families:
                families[count.name] = CounterMetricFamily(count.name, count.documentation, labels=tuple(count.labels))
            families[count.name].add_metric(list(count.labels.values()), count.value)
        yield from families.values()


class _Deliveries(Collector):
    def __init__(self, deliveries: Iterable[DeliveryCount]) -> None:
        self._deliveries = list(deliveries)

    def collect(self) -> Iterator[Metric]:
        labels = ("system", "channel", "result")
        total = CounterMetricFamily("sereno_message_deliveries", "Attempts to deliver messages.", labels=labels)
        for each in sorted(self._deliveries, key=lambda each: (each.system, each.channel, each.result)):
            total.add_metric([each.system, each.channel, each.result], each.attempts)
        if self._deliveries:
            yield total


def _latest(runs: Iterable[RunRecord]) -> dict[tuple[str, ...], RunRecord]:
    latest: dict[tuple[str, ...], RunRecord] = {}
    for run in runs:
        labels = (run.system, run.job, run.effect.value)
        if labels not in latest or run.finished_at >= latest[labels].finished_at:
            latest[labels] = run
    return latest


def _gauge(name: str, documentation: str, values: dict[tuple[str, ...], float]) -> Metric:
    family = GaugeMetricFamily(name, documentation, labels=_LABELS)
    for labels, value in sorted(values.items()):
        family.add_metric(labels, value)
    return family
