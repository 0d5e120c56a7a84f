"""The fake that breaks requests breaks those it should, as it should, and no others."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest

from faulty_proxy import FaultyProxy


class _Echo(BaseHTTPRequestHandler):
    """Answers with what it was sent."""

    protocol_version = "HTTP/1.1"
    bodies: list[bytes]

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.bodies.append(body)
        self.send_response_only(201)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Seen", self.path)
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture
def bodies() -> list[bytes]:
    """What the real server has received."""
    return []


@pytest.fixture
def proxy(bodies: list[bytes]) -> Iterator[FaultyProxy]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Echo", (_Echo,), {"bodies": bodies}))
    serving = threading.Thread(target=server.serve_forever, args=(0.02,))
    serving.start()
    with FaultyProxy(f"http://127.0.0.1:{server.server_address[1]}").running() as proxy:
        yield proxy
    server.shutdown()
    server.server_close()
    serving.join()


def put(proxy: FaultyProxy, path: str = "/a?b=c", *, seconds: float = 5) -> httpx.Response:
    with httpx.Client(trust_env=False, timeout=seconds) as client:
        return client.put(proxy.url + path, content=b"abcdef")


def test_without_faults_everything_is_handed_on(proxy: FaultyProxy, bodies: list[bytes]) -> None:
    answer = put(proxy)
    assert (answer.status_code, answer.headers["X-Seen"], answer.content) == (201, "/a?b=c", b"abcdef")
    assert bodies == [b"abcdef"]
    assert (proxy.count("PUT", "b=c"), proxy.count("PUT", "b=d"), proxy.count("GET")) == (1, 0, 0)


def test_a_fault_holds_for_so_many_requests_that_fit(proxy: FaultyProxy) -> None:
    proxy.refuse("GET", status=500, code="X")
    proxy.refuse("PUT", "b=d", status=500, code="X")
    proxy.refuse("PUT", "b=c", status=503, code="SlowDown", times=2)
    proxy.answer("PUT", "b=c", status=200, body="late", skip=1)
    answers = [put(proxy) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [503, 503, 201, 200, 201]
    assert "<Code>SlowDown</Code>" in answers[0].text


def test_hanging_up_hides_the_request_from_the_server(proxy: FaultyProxy, bodies: list[bytes]) -> None:
    proxy.hang_up("PUT", after_bytes=2)
    with pytest.raises(httpx.TransportError):
        put(proxy)
    assert (bodies, proxy.requests[0].body) == ([], b"ab")


def test_a_lost_answer_hides_what_the_server_has_done(proxy: FaultyProxy, bodies: list[bytes]) -> None:
    proxy.lose_answer("PUT")
    with pytest.raises(httpx.TransportError):
        put(proxy)
    assert bodies == [b"abcdef"]


def test_a_cut_answer_has_its_full_length_in_its_head(proxy: FaultyProxy) -> None:
    proxy.cut_answer("PUT", after_bytes=3)
    with pytest.raises(httpx.RemoteProtocolError, match=r"received 3 bytes, expected 6"):
        put(proxy)


def test_silence_lasts_until_the_client_has_enough(proxy: FaultyProxy, bodies: list[bytes]) -> None:
    proxy.be_silent("PUT")
    with pytest.raises(httpx.ReadTimeout):
        put(proxy, seconds=0.2)
    assert bodies == []


def test_one_bit_is_flipped(proxy: FaultyProxy, bodies: list[bytes]) -> None:
    proxy.flip_bit("PUT")
    assert put(proxy).content == b"`bcdef"
    assert bodies == [b"`bcdef"]
