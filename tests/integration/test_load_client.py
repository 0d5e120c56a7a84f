"""The client of the load check against servers that do well, badly, and nothing at all."""

from __future__ import annotations

import asyncio
import gzip
import socket

import pytest

from load_peer import OK, Exchange, Peer, serving
from sereno.load.load import Load
from sereno.load.measure import Measurement, measure
from sereno.load.request import Place, request_of

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def load(peer: Peer, requests: int = 20, **more: object) -> Measurement:
    options = {"concurrency": 2, "timeout_seconds": 20.0, **more}
    path = str(options.pop("path", "/"))
    method = str(options.pop("method", "GET"))
    wanted = Load(requests=requests, **options)  # type: ignore[arg-type]
    return measure(peer.place, peer.request(path=path, method=method), wanted)


def outcome(measurement: Measurement) -> tuple[int, dict[int, int], dict[str, int]]:
    recorder = measurement.recorder
    return recorder.ended, dict(recorder.statuses), dict(recorder.errors)


def test_every_request_is_sent_once_over_connections_that_are_kept() -> None:
    with serving(OK) as peer:
        assert outcome(load(peer, 200, concurrency=5)) == (200, {200: 200}, {})
        assert (len(peer.heads), peer.connections) == (200, 5)


def test_the_warm_up_is_sent_and_not_counted() -> None:
    with serving(OK) as peer:
        measurement = load(peer, 20, warmup_requests=7)
        assert outcome(measurement)[0] == measurement.recorder.latencies.count == 20
        assert len(peer.heads) == 27


def test_a_path_and_a_host_reach_the_server() -> None:
    with serving(OK) as peer:
        load(peer, 1, path="/a?b=%20c")
        assert peer.heads[0].startswith(f"GET /a?b=%20c HTTP/1.1\r\nHost: 127.0.0.1:{peer.port}\r\n".encode())


@pytest.mark.parametrize(
    ("method", "answer", "status", "size"),
    [
        ("GET", CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nT: 1\r\n\r\n", 200, 5),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", 204, 0),
        ("GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 304, 0),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 9000\r\n\r\n", 200, 0),
        ("GET", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx", 200, 1),
        ("GET", b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n", 302, 0),
    ],
)
def test_answers_of_every_kind_end_where_they_end(method: str, answer: bytes, status: int, size: int) -> None:
    with serving(answer) as peer:
        measurement = load(peer, method=method)
        assert outcome(measurement) == (20, {status: 20}, {})
        assert measurement.recorder.body_bytes == 20 * size
        assert peer.connections == 2


def test_a_gzip_bomb_is_as_large_as_what_was_sent() -> None:
    bomb = gzip.compress(bytes(20_000_000), 9)
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    with serving(answer) as peer:
        measurement = load(peer, 3)
        assert outcome(measurement) == (3, {200: 3}, {})
        assert measurement.recorder.body_bytes == 3 * len(bomb) < 100_000


@pytest.mark.parametrize("said", [b"Connection: close\r\n", b""])
def test_a_server_that_closes_after_each_answer_is_connected_to_anew(said: bytes) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(OK.replace(b"\r\n\r\n", b"\r\n" + said + b"\r\n"))
        exchange.close()

    with serving(answer) as peer:
        measurement = load(peer)
        assert outcome(measurement) == (20, {200: 20}, {})
        assert peer.connections == 20
        assert (measurement.recorder.repeated == 0) or not said


def test_an_answer_without_a_length_ends_with_the_connection() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.0 200 OK\r\n\r\n", b"some", b"thing")
        exchange.close()

    with serving(answer) as peer:
        measurement = load(peer, 6)
        assert outcome(measurement) == (6, {200: 6}, {})
        assert measurement.recorder.body_bytes == 6 * 9


def test_statuses_that_are_not_expected_are_errors() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(OK if exchange.number % 4 else OK.replace(b"200 OK", b"503 Busy"))

    with serving(answer) as peer:
        assert outcome(load(peer)) == (20, {200: 15, 503: 5}, {"status 503": 5})
        only_204 = peer.request(expected=(204,))
        wanted = Load(requests=4, abort_error_percent=100)
        assert measure(peer.place, only_204, wanted).recorder.failed == 4


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def test_a_server_that_is_down_ends_the_load_early() -> None:
    place = Place(host="127.0.0.1", port=free_port())
    measurement = measure(place, request_of(place), Load(requests=100_000, concurrency=10))
    recorder = measurement.recorder
    assert set(recorder.errors) == {"connection refused"}
    assert 20 <= recorder.ended < 100_000
    assert "of the last" in measurement.aborted
    assert measurement.aborted.endswith("most of them with: connection refused")


def test_a_load_is_not_aborted_below_the_error_rate() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(OK.replace(b"200 OK", b"500 Oh") if exchange.number % 3 == 0 else OK)

    with serving(answer) as peer:
        assert not load(peer, 900, abort_error_percent=40).aborted
        assert load(peer, 100_000, abort_error_percent=20).aborted


def test_a_server_that_accepts_and_says_nothing_is_waited_for_until_the_timeout() -> None:
    async def answer(exchange: Exchange) -> None:
        await asyncio.sleep(60)

    with serving(answer) as peer:
        measurement = load(peer, 4, concurrency=4, timeout_seconds=1.0, abort_error_percent=100)
        assert outcome(measurement) == (4, {}, {"no complete answer in time": 4})
        assert measurement.recorder.latencies.percentile(0) >= 1.0, "what was waited in vain counts"


def test_a_server_that_drips_its_answer_is_waited_for_until_the_timeout() -> None:
    async def answer(exchange: Exchange) -> None:
        for byte in OK * 100:
            await exchange.send(bytes([byte]))
            await asyncio.sleep(0.2)

    with serving(answer) as peer:
        assert outcome(load(peer, 1, timeout_seconds=1.0))[2] == {"no complete answer in time": 1}


@pytest.mark.parametrize(
    ("pieces", "kind"),
    [
        ((), "closed without an answer"),
        ((b"HTTP/1.1 200 OK\r\nContent-Le",), "closed in the middle of an answer"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", b"abc"), "closed in the middle of an answer"),
        ((CHUNKED, b"5\r\nab"), "closed in the middle of an answer"),
        ((b"SSH-2.0-OpenSSH_9.2\r\n\r\n",), "no HTTP answer: it does not begin with HTTP/1.1 and a status"),
        ((b"\x15\x03\x01" + bytes(70_000),), "no HTTP answer: a head is longer than 65,536 bytes"),
        ((CHUNKED, b"zz\r\n"), "no HTTP answer: the size of a chunk is no number"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",), "no HTTP answer: its length"),
        ((b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n", bytes(1000)), "the answer is too large"),
        ((b"HTTP/1.1 101 Switching Protocols\r\n\r\n",), "no HTTP answer: it switched to another protocol"),
    ],
)
def test_what_is_no_complete_answer_is_an_error_of_its_kind(pieces: tuple[bytes, ...], kind: str) -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(*pieces)
        exchange.close()

    with serving(answer) as peer:
        ended, statuses, errors = outcome(load(peer, 4, abort_error_percent=100))
    assert (ended, statuses) == (4, {})
    assert [name.startswith(kind) for name in errors] == [True], errors


def test_a_body_without_end_is_cut() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(CHUNKED)
        while not exchange.writer.transport.is_closing():
            await exchange.send(b"100000\r\n" + bytes(0x100000) + b"\r\n")

    with serving(answer) as peer:
        assert outcome(load(peer, 1))[2] == {"the answer is too large": 1}


def test_a_reset_is_told_from_a_close() -> None:
    async def answer(exchange: Exchange) -> None:
        await exchange.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n")
        exchange.writer.get_extra_info("socket").setsockopt(
            socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00"
        )
        exchange.reset()

    with serving(answer) as peer:
        errors = outcome(load(peer, 4, abort_error_percent=100))[2]
    assert sum(errors.values()) == 4
    assert set(errors) <= {"connection reset", "closed in the middle of an answer"}


def test_what_follows_an_answer_unasked_costs_the_connection_and_no_request() -> None:
    with serving(OK + OK) as peer:
        assert outcome(load(peer, 10)) == (10, {200: 10}, {})
        assert peer.connections == 10


def test_a_request_that_changes_something_is_never_sent_twice() -> None:
    async def answer(exchange: Exchange) -> None:
        if exchange.of_connection == 1:
            await exchange.send(OK)
        exchange.close() if exchange.of_connection > 1 else None

    with serving(answer) as peer:
        measurement = load(peer, 10, concurrency=1, method="POST", abort_error_percent=100)
        assert len(peer.heads) == 10
        assert measurement.recorder.errors["closed without an answer"] == 5


@pytest.mark.parametrize("host", ["no-such-host.invalid", f"{'x' * 70}.invalid"])
def test_an_unknown_host_is_one_clear_error(host: str) -> None:
    place = Place(host=host, port=80)
    measurement = measure(place, request_of(place), Load(requests=5))
    assert measurement.aborted == "the host's name is not known"
    assert measurement.recorder.failed == 1


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []

    async def answer(exchange: Exchange) -> None:
        await asyncio.sleep(0.02)
        await exchange.send(OK)

    with serving(answer) as peer:
        measure(
            peer.place,
            peer.request(),
            Load(requests=40, concurrency=2),
            progress=lambda *, done, total, what: told.append((done, total)),
        )
    assert told
    assert all(done <= total == 40 for done, total in told)
