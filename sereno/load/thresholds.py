"""Thresholds: one-line statements about a load check, such as `p95 < 300ms` or `error_rate < 1%`."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from sereno.load.recorder import Recorder
from sereno.reports.build import human_seconds
from sereno.reports.model import Finding
from sereno.reports.presentation import plain_number

PERCENTILES: Mapping[str, float] = {"p50": 50, "p75": 75, "p90": 90, "p95": 95, "p99": 99, "p99.9": 99.9}
_LATENCIES = (*PERCENTILES, "max", "mean")
_SHARES = ("error_rate",)
_COUNTS = ("errors", "rps")
METRICS = (*_LATENCIES, *_SHARES, *_COUNTS)
ABOUT_ERRORS = ("errors", "error_rate")
_OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "==": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM = re.compile(
    r"\s*(?P<metric>[a-z_0-9.]+)\s*(?P<operator><=|>=|==|<|>)\s*(?P<number>\d+(?:\.\d+)?)\s*(?P<unit>\S*)\s*"
)
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


@dataclass(frozen=True, kw_only=True)
class Threshold:
    """What must hold. `limit` is in seconds for latencies, in percent for shares."""

    text: str
    metric: str
    operator: str
    limit: float

    def holds_for(self, value: float) -> bool:
        """Whether it holds; never for what is not a number, since nothing was measured."""
        return _OPERATORS[self.operator](value, self.limit)

    def finding(self, recorder: Recorder) -> Finding:
        """Whether it holds for what was measured."""
        value = measured(recorder, self.metric)
        return Finding(name=self.text, passed=self.holds_for(value), evidence=shown(self.metric, value))


def parse_threshold(text: str) -> Threshold:
    """Read one.

    Raises:
        ValueError: it is none, its unit is not one of its metric, or it would always hold; the message says where.
    """
    form = _FORM.fullmatch(text)
    if not form:
        raise ValueError(f"{text!r} is no threshold; write a metric, a comparison and a limit, such as p95 < 300ms")
    metric, unit, number = form["metric"], form["unit"], float(form["number"])
    if metric not in METRICS:
        raise ValueError(f"{text!r} begins with {metric!r}, which is not measured; there are: {', '.join(METRICS)}")
    if metric in _LATENCIES:
        if unit not in _SECONDS:
            raise ValueError(f"{text!r} ends with {unit!r}; a latency needs a unit: us, ms or s")
        number *= _SECONDS[unit]
    elif unit != ("%" if metric in _SHARES else ""):
        raise ValueError(f"{text!r} ends with {unit!r}; {'write %' if metric in _SHARES else 'it takes no unit'}")
    if number == 0 and form["operator"] in (">=", "<"):
        raise ValueError(f"{text!r} says nothing: it {'always' if form['operator'] == '>=' else 'never'} holds")
    if metric in _SHARES and (number > 100 or (number == 100 and form["operator"] == "<=")):
        raise ValueError(f"{text!r} says nothing: a share is at most 100 %")
    return Threshold(text=" ".join(text.split()), metric=metric, operator=form["operator"], limit=number)


def with_errors_bounded(thresholds: Iterable[Threshold]) -> tuple[Threshold, ...]:
    """`thresholds`, and that there are no errors where they say nothing about errors; each text once."""
    wanted = {threshold.text: threshold for threshold in thresholds}
    if not any(threshold.metric in ABOUT_ERRORS for threshold in wanted.values()):
        none = parse_threshold("errors == 0")
        wanted[none.text] = none
    return tuple(wanted.values())


def measured(recorder: Recorder, metric: str) -> float:
    """The value of `metric`: seconds, percent or a number; NaN where nothing was answered."""
    latencies = recorder.latencies
    match metric:
        case "max":
            return latencies.percentile(100)
        case "mean":
            return latencies.mean
        case "errors":
            return float(recorder.failed)
        case "error_rate":
            return recorder.error_percent if recorder.ended else float("nan")
        case "rps":
            return recorder.answered_per_second
    return latencies.percentile(PERCENTILES[metric])


def shown(metric: str, value: float) -> str:
    """`value` as people read it."""
    if value != value:
        return "nothing was answered"
    if metric in _LATENCIES:
        return latency(value)
    return f"{plain_number(round(value, 3))} %" if metric in _SHARES else plain_number(round(value, 1))


def latency(seconds: float) -> str:
    """A latency with at least two digits: `0.41 ms`, `12.3 ms`, `312 ms`, `1.4 s`."""
    if seconds >= 0.9995 or seconds == 0:
        return human_seconds(seconds)
    thousandths = seconds * 1000
    return f"{thousandths:.{0 if thousandths >= 99.95 else 1 if thousandths >= 9.995 else 2}f} ms"
