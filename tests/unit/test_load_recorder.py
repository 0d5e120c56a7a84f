"""The recorder: every request is one outcome, in the second in which it ended."""

from __future__ import annotations

import math

from sereno.load.pace import Closed, Open
from sereno.load.recorder import Recorder
from sereno.load.request import Request
from sereno.load.watch import ClientState

REQUEST = Request(method="GET", path="/", content=b"", expected=frozenset({200, 404}))


def test_outcomes_are_counted_by_status_and_by_kind() -> None:
    recorder = Recorder(REQUEST, started=100.0)
    for status in (200, 404, 500):
        recorder.answer(due=100.0, now=100.5, status=status, body_bytes=3)
    recorder.failure("connection reset", now=100.6)
    recorder.finish(102.0)
    assert dict(recorder.statuses) == {200: 1, 404: 1, 500: 1}
    assert dict(recorder.errors) == {"status 500": 1, "connection reset": 1}
    assert (recorder.ended, recorder.failed, recorder.body_bytes) == (4, 2, 9)
    assert (recorder.error_percent, recorder.answered_per_second) == (50.0, 1.0)


def test_latency_counts_from_the_moment_at_which_a_request_was_due() -> None:
    recorder = Recorder(REQUEST, started=0.0)
    recorder.answer(due=1.0, now=3.5, status=200, body_bytes=0)
    recorder.failure("no complete answer in time", now=9.0, due=4.0)
    recorder.failure("connection refused", now=9.0)
    assert (recorder.latencies.count, recorder.latencies.largest, recorder.latencies.mean) == (2, 5.0, 3.75)


def test_seconds_in_which_nothing_ended_are_there_too() -> None:
    recorder = Recorder(REQUEST, started=10.0)
    recorder.answer(due=10.0, now=10.1, status=200, body_bytes=0)
    recorder.answer(due=10.0, now=10.9, status=500, body_bytes=0)
    recorder.answer(due=13.0, now=13.2, status=200, body_bytes=0)
    recorder.finish(13.5)
    assert [(each.second, each.ended, each.errors) for each in recorder.seconds] == [
        (0, 2, 1),
        (1, 0, 0),
        (2, 0, 0),
        (3, 1, 0),
    ]
    assert math.isnan(recorder.seconds[1].p95)
    assert recorder.seconds[3].largest == 13.2 - 13.0


def test_an_open_pace_hands_out_its_schedule_and_nothing_early() -> None:
    pace = Open(started=5.0, rate=10, requests=3)
    assert pace.take(4.99) is None
    assert [pace.take(5.15), pace.take(5.15), pace.take(5.15)] == [5.0, 5.1, None]
    assert pace.next_due() == 5.2
    assert list(pace.untaken(9.0)) == [5.2]
    assert pace.over
    assert pace.next_due() == math.inf


def test_a_closed_pace_ends_with_its_requests_or_its_time() -> None:
    pace = Closed(2)
    assert [pace.take(1.0), pace.take(2.0), pace.take(3.0)] == [1.0, 2.0, None]
    timed = Closed(None, until=10.0)
    assert timed.take(9.9) == 9.9
    assert not timed.over
    assert timed.take(10.0) is None
    assert timed.over


def test_a_client_says_what_its_limit_was() -> None:
    fine = ClientState(cpu_percent=84.9, lag_p99_seconds=0.019, lag_largest_seconds=0.5)
    assert fine.limits == ()
    busy = ClientState(cpu_percent=85.0, lag_p99_seconds=0.0, lag_largest_seconds=0.0)
    late = ClientState(cpu_percent=3.0, lag_p99_seconds=0.02, lag_largest_seconds=0.02)
    assert "85 % of the one core" in busy.limits[0]
    assert "20 ms late" in late.limits[0]
