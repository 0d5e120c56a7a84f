"""A reverse proxy before a real HTTP server, which breaks the requests that it is told to break and counts them all."""

from __future__ import annotations

import http.client
import ssl
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

ALWAYS = 1_000_000


@dataclass
class Request:
    """What came in."""

    method: str
    path: str
    """With the query."""
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass
class _Fault:
    method: str
    containing: str
    times: int
    act: Callable[[_Handler, Request], None]
    skip: int = 0
    body_bytes: int | None = None
    """How much of the request's body is read; None for all of it."""

    def takes(self, request: Request) -> bool:
        """Whether this request is broken; counts it."""
        if self.times == 0 or request.method != self.method or self.containing not in request.path:
            return False
        self.skip -= 1
        self.times -= self.skip < 0
        return self.skip < 0


class FaultyProxy:
    """Give it faults; each holds for the next requests of a method whose path and query contain a text."""

    def __init__(self, upstream: str, *, certificate: Path | None = None) -> None:
        """Stand in front of `upstream`, with TLS where there is a file with a key and its certificate."""
        self.requests: list[Request] = []
        self._faults: list[_Fault] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._upstream = urlsplit(upstream).netloc
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"proxy": self}))
        self._server.daemon_threads = True
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self._server.server_address[1]}"

    @contextmanager
    def running(self) -> Iterator[FaultyProxy]:
        """Serve while the block runs."""
        serving = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        serving.start()
        try:
            yield self
        finally:
            self._closing.set()
            self._server.shutdown()
            self._server.server_close()
            serving.join()

    def answer(
        self, method: str, containing: str = "", *, status: int, body: str, times: int = 1, skip: int = 0
    ) -> None:
        """Answer in the server's place, after the first `skip` such requests; the server never sees the others."""
        content = b"" if method == "HEAD" else body.encode()

        def act(handler: _Handler, request: Request) -> None:
            handler.reply(status, {"Content-Type": "application/xml"}, content)

        self._add(_Fault(method, containing, times, act, skip=skip))

    def refuse(self, method: str, containing: str = "", *, status: int, code: str, times: int = 1) -> None:
        """Answer with an error as S3 words it."""
        body = f"<Error><Code>{code}</Code><Message>injected</Message></Error>"
        self.answer(method, containing, status=status, body=body, times=times)

    def lose_answer(self, method: str, containing: str = "", *, times: int = 1) -> None:
        """Have the request carried out, and hang up."""

        def act(handler: _Handler, request: Request) -> None:
            self.forward(request)
            handler.hang_up()

        self._add(_Fault(method, containing, times, act))

    def hang_up(self, method: str, containing: str = "", *, after_bytes: int = 0, times: int = 1) -> None:
        """Hang up after the first bytes of the request's body; the server never sees the request."""
        fault = _Fault(method, containing, times, lambda handler, _: handler.hang_up(), body_bytes=after_bytes)
        self._add(fault)

    def cut_answer(self, method: str, containing: str = "", *, after_bytes: int, times: int = 1) -> None:
        """Send the answer's head and the first bytes of its body, and hang up."""

        def act(handler: _Handler, request: Request) -> None:
            status, headers, body = self.forward(request)
            handler.reply(status, headers, body, cut_after=after_bytes)
            handler.hang_up()

        self._add(_Fault(method, containing, times, act))

    def be_silent(self, method: str, containing: str = "", *, times: int = 1) -> None:
        """Take the request and say nothing until the proxy is closed."""
        self._add(_Fault(method, containing, times, lambda handler, _: handler.wait(self._closing)))

    def flip_bit(self, method: str, containing: str = "", *, times: int = 1) -> None:
        """Hand the request on with one bit of its body changed."""

        def act(handler: _Handler, request: Request) -> None:
            body = bytes([request.body[0] ^ 1]) + request.body[1:]
            handler.reply(*self.forward(replace(request, body=body)))

        self._add(_Fault(method, containing, times, act))

    def forward(self, request: Request) -> tuple[int, Mapping[str, str], bytes]:
        """Have the real server answer: status, headers and body."""
        connection = http.client.HTTPConnection(self._upstream, timeout=30)
        try:
            connection.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
            for name, value in request.headers.items():
                if name.lower() not in {"connection", "expect"}:
                    connection.putheader(name, value)
            connection.endheaders(request.body or None)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def count(self, method: str, containing: str = "") -> int:
        """How many such requests came in."""
        return sum(1 for each in self.requests if each.method == method and containing in each.path)

    def fault_of(self, request: Request) -> _Fault | None:
        """What is to be done to the request instead of handing it on."""
        with self._lock:
            self.requests.append(request)
            return next((fault for fault in self._faults if fault.takes(request)), None)

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: FaultyProxy

    def handle_any(self) -> None:
        request = Request(self.command, self.path, dict(self.headers.items()))
        fault = self.proxy.fault_of(request)
        length = int(self.headers.get("Content-Length") or 0)
        request.body = self.rfile.read(length if fault is None or fault.body_bytes is None else fault.body_bytes)
        if fault:
            fault.act(self, request)
        else:
            self.reply(*self.proxy.forward(request))

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815 (the names that http.server calls)

    def reply(self, status: int, headers: Mapping[str, str], body: bytes, *, cut_after: int | None = None) -> None:
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                self.send_header(name, value)
        length = next((value for name, value in headers.items() if name.lower() == "content-length"), None)
        self.send_header("Content-Length", length or str(len(body)))
        self.end_headers()
        self.wfile.write(body if cut_after is None else body[:cut_after])

    def hang_up(self) -> None:
        self.wfile.flush()
        self.close_connection = True

    def wait(self, closing: threading.Event) -> None:
        closing.wait()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name where it is inherited from)
        """Say nothing."""
