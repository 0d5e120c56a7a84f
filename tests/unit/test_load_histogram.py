"""Percentiles of the histogram against those of the sorted values themselves."""

from __future__ import annotations

import math
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.load.histogram import RELATIVE_ERROR, Histogram

LATENCIES = st.lists(st.floats(min_value=0, max_value=8_000), min_size=1, max_size=200)
MICROSECOND = 1e-6


def of(values: list[float]) -> Histogram:
    histogram = Histogram()
    for value in values:
        histogram.record(value)
    return histogram


@given(LATENCIES, st.sampled_from([0, 1, 50, 75, 90, 95, 99, 99.9, 100]))
def test_a_percentile_is_the_exact_one_within_a_thousandth(values: list[float], percent: float) -> None:
    rank = max(1, math.ceil(round(len(values) * percent / 100, 9)))
    exact = sorted(values)[rank - 1]
    given_ = of(values).percentile(percent)
    assert exact - MICROSECOND <= given_ <= exact * (1 + RELATIVE_ERROR) + MICROSECOND


@given(LATENCIES)
def test_count_mean_and_largest_are_exact(values: list[float]) -> None:
    histogram = of(values)
    assert (histogram.count, histogram.largest) == (len(values), max(values))
    assert histogram.mean == pytest.approx(math.fsum(values) / len(values))
    assert histogram.percentile(100) == max(values)


@given(LATENCIES)
@settings(max_examples=25)
def test_percentiles_never_fall(values: list[float]) -> None:
    histogram = of(values)
    rising = [histogram.percentile(percent) for percent in (0, 10, 50, 90, 99, 100)]
    assert rising == sorted(rising)


def test_nothing_recorded_has_no_percentile() -> None:
    assert math.isnan(Histogram().percentile(50))
    assert math.isnan(Histogram().mean)


@pytest.mark.parametrize("percent", [-1, 100.1, math.nan])
def test_a_percentile_out_of_range_is_refused(percent: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 100"):
        Histogram().percentile(percent)


def test_values_beyond_its_range_count_all_the_same() -> None:
    histogram = of([-1.0, 0.0, 1e-9, 100_000.0])
    assert histogram.count == 4
    assert histogram.percentile(75) <= MICROSECOND
    assert histogram.percentile(100) == 100_000.0


def test_its_memory_does_not_grow() -> None:
    histogram = Histogram()
    before = sys.getsizeof(histogram._counts)
    for number in range(20_000):
        histogram.record(number / 3)
    assert sys.getsizeof(histogram._counts) == before


def test_cleared_it_is_new() -> None:
    histogram = of([1.0, 2.0])
    histogram.clear()
    assert histogram.count == 0
    histogram.record(3.0)
    assert histogram.percentile(50) == 3.0
