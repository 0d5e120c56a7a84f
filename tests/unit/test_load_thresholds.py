"""Thresholds: what can be said, what is refused, and when one holds."""

from __future__ import annotations

import pytest

from sereno.load.recorder import Recorder
from sereno.load.request import Request
from sereno.load.thresholds import latency, parse_threshold, with_errors_bounded

REQUEST = Request(method="GET", path="/", content=b"")


def recorder_of(latencies: list[float], *, failures: int = 0, seconds: float = 2.0) -> Recorder:
    recorder = Recorder(REQUEST, started=0.0)
    for value in latencies:
        recorder.answer(due=0.0, now=value, status=200, body_bytes=1)
    for _ in range(failures):
        recorder.failure("connection reset", now=1.0)
    recorder.finish(seconds)
    return recorder


@pytest.mark.parametrize(
    ("text", "limit"),
    [
        ("p95 < 300ms", 0.3),
        ("p99.9<=1.5s", 1.5),
        ("max < 900 us", 0.0009),
        ("mean >= 1 ms", 0.001),
        ("  error_rate   <  1% ", 1.0),
        ("errors == 0", 0.0),
        ("rps >= 12", 12.0),
    ],
)
def test_a_threshold_is_read(text: str, limit: float) -> None:
    threshold = parse_threshold(text)
    assert threshold.limit == pytest.approx(limit)
    assert threshold.text == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is no threshold"),
        ("p95", "is no threshold"),
        ("p95 < ", "is no threshold"),
        ("p95 = 3ms", "is no threshold"),
        ("p95 < -3ms", "is no threshold"),
        ("p95 < 3ms and more", "is no threshold"),
        ("p98 < 3ms", "which is not measured; there are: p50"),
        ("p95 < 300", "a latency needs a unit"),
        ("p95 < 3%", "a latency needs a unit"),
        ("error_rate < 1", "write %"),
        ("rps > 3ms", "takes no unit"),
        ("errors >= 0", "always holds"),
        ("p50 >= 0ms", "always holds"),
        ("errors < 0", "never holds"),
        ("error_rate <= 100%", "at most 100 %"),
        ("error_rate < 101%", "at most 100 %"),
    ],
)
def test_what_is_no_threshold_or_says_nothing_is_refused(text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_threshold(text)


@pytest.mark.parametrize(
    ("text", "holds", "evidence"),
    [
        ("p50 <= 201ms", True, "200 ms"),
        ("p50 < 199ms", False, "200 ms"),
        ("max < 301ms", True, "300 ms"),
        ("mean <= 201ms", True, "200 ms"),
        ("error_rate <= 25%", True, "25 %"),
        ("error_rate < 25%", False, "25 %"),
        ("errors == 1", True, "1"),
        ("rps >= 1.5", True, "1.5"),
        ("rps > 1.5", False, "1.5"),
    ],
)
def test_a_threshold_holds_for_what_was_measured_or_does_not(text: str, holds: bool, evidence: str) -> None:
    finding = parse_threshold(text).finding(recorder_of([0.1, 0.2, 0.3], failures=1))
    assert (finding.name, finding.passed, finding.evidence, finding.required) == (text, holds, evidence, True)


@pytest.mark.parametrize("text", ["p95 < 1s", "max > 1us", "error_rate < 1%", "mean <= 9s"])
def test_where_nothing_was_measured_no_threshold_holds(text: str) -> None:
    finding = parse_threshold(text).finding(recorder_of([]))
    assert (finding.passed, finding.evidence) == (False, "nothing was answered")


def test_where_nothing_is_said_about_errors_there_may_be_none() -> None:
    slow = parse_threshold("p95 < 1s")
    some = parse_threshold("error_rate < 5%")
    assert [each.text for each in with_errors_bounded([slow])] == ["p95 < 1s", "errors == 0"]
    assert [each.text for each in with_errors_bounded([slow, some, slow])] == ["p95 < 1s", "error_rate < 5%"]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0 ms"), (0.00041, "0.41 ms"), (0.0123, "12.3 ms"), (0.3124, "312 ms"), (1.44, "1.4 s"), (75, "1 min 15 s")],
)
def test_latencies_are_written_with_the_digits_that_count(seconds: float, text: str) -> None:
    assert latency(seconds) == text
