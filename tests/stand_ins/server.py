"""A small HTTP server that answers as one of the systems does, and can be made to answer wrongly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol, TypeAlias
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Call:
    """A request. `body` is its JSON, or None."""

    method: str
    path: str
    query: dict[str, str]
    authorization: str
    body: Any = None

    @property
    def told(self) -> dict[str, Any]:
        """The body where it is an object."""
        return self.body if isinstance(self.body, dict) else {}


@dataclass(frozen=True)
class Reply:
    """An answer: JSON, or bytes of a content type."""

    status: int = 200
    json: Any = None
    content: bytes | None = None
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)

    def with_json(self, data: Any) -> Reply:
        """The same with other JSON."""
        return replace(self, json=data)


class StandIn(Protocol):
    """Answers as a system does."""

    def reply(self, call: Call) -> Reply:
        """The answer to `call`."""


Fault: TypeAlias = Callable[[Call, Reply], Reply]
"""Makes a right answer wrong."""


def right(call: Call, reply: Reply) -> Reply:
    """No fault."""
    return reply


@contextmanager
def standing_in(system: StandIn, fault: Fault = right) -> Iterator[str]:
    """The base URL of a server that answers as `system` does, with `fault`."""
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = -1  # head and body in one

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (the base class's name)
            pass

        def _answer(self) -> None:
            url, length = urlsplit(self.path), int(self.headers.get("Content-Length") or 0)
            content = self.rfile.read(length)
            try:
                body = json.loads(content) if content else None
            except ValueError:
                body = None
            query = dict(parse_qsl(url.query))
            call = Call(self.command, url.path, query, self.headers.get("Authorization") or "", body)
            with lock:
                reply = fault(call, system.reply(call))
            self._send(reply)

        def _send(self, reply: Reply) -> None:
            content = json.dumps(reply.json).encode() if reply.content is None else reply.content
            self.send_response(reply.status)
            headers = {"Content-Type": reply.content_type, "Content-Length": str(len(content)), **reply.headers}
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _answer  # noqa: N815 (the base class's names)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
