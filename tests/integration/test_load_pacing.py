"""Loads by the clock: a server that stalls is not flattered, and the client says when it was the limit itself."""

from __future__ import annotations

import asyncio
import time

from load_peer import OK, Exchange, serving
from sereno.load.load import Load
from sereno.load.measure import measure
from sereno.load.watch import Watch


def test_a_rate_gives_so_many_requests_in_all() -> None:
    with serving(OK) as peer:
        measurement = measure(peer.place, peer.request(), Load(rate=200, duration_seconds=0.5, concurrency=20))
        recorder = measurement.recorder
        assert (recorder.ended, recorder.failed, len(peer.heads)) == (100, 0, 100)
        assert recorder.wall_seconds >= 99 / 200


def test_a_stalled_server_is_charged_for_every_request_that_was_due_meanwhile() -> None:
    """A closed load sees one slow answer among a hundred and fifty; the clock sees fifty."""
    stall = 0.6

    async def answer(exchange: Exchange) -> None:
        if exchange.number == 20:
            await asyncio.sleep(stall)
        await exchange.send(OK)

    with serving(answer) as peer:
        by_clock = measure(peer.place, peer.request(), Load(rate=100, duration_seconds=1.5, concurrency=1)).recorder
    assert by_clock.ended == 150
    assert by_clock.latencies.largest >= stall
    assert by_clock.latencies.percentile(80) >= stall / 4, "about 60 of 150 were due while it stalled"
    with serving(answer) as peer:
        one_by_one = measure(peer.place, peer.request(), Load(requests=150, concurrency=1)).recorder
    assert one_by_one.latencies.largest >= stall
    assert one_by_one.latencies.percentile(50) < stall


def test_a_server_that_never_answers_again_leaves_no_request_out() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.number > 10:
            await asyncio.sleep(60)
        await exchange.send(OK)

    with serving(answer) as peer:
        load = Load(rate=100, duration_seconds=0.6, concurrency=2, timeout_seconds=0.4, abort_error_percent=100)
        recorder = measure(peer.place, peer.request(), load).recorder
    assert recorder.ended == recorder.latencies.count == 60
    assert recorder.errors["not sent: every connection was still waiting for an answer"] > 10
    assert sum(recorder.errors.values()) >= 50


def test_a_closed_load_can_end_with_the_time() -> None:
    with serving(OK) as peer:
        recorder = measure(peer.place, peer.request(), Load(duration_seconds=0.3, concurrency=2)).recorder
        assert recorder.ended == len(peer.heads) > 0
        assert recorder.failed == 0


def test_each_second_is_told_apart() -> None:
    with serving(OK) as peer:
        recorder = measure(peer.place, peer.request(), Load(rate=40, duration_seconds=2.2, concurrency=4)).recorder
    assert [second.second for second in recorder.seconds] == list(range(len(recorder.seconds)))
    assert len(recorder.seconds) >= 3
    assert sum(second.ended for second in recorder.seconds) == recorder.ended == 88


async def test_a_client_that_is_late_itself_says_so() -> None:
    watch = Watch()
    watch.start()
    for _ in range(10):
        time.sleep(0.05)  # noqa: ASYNC251 (what a busy client does to its own event loop)
        await asyncio.sleep(0.02)
    state = watch.stop()
    assert state.lag_p99_seconds >= 0.03
    assert any("event loop" in limit for limit in state.limits)


async def test_one_long_pause_of_the_client_counts_for_as_long_as_it_took() -> None:
    watch = Watch()
    for _ in range(300):
        watch.note(0.0001)
    watch.note(0.5)
    assert watch.stop().lag_p99_seconds >= 0.3, "a tenth of the time passed in that pause"
