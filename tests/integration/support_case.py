"""An Ops Console's API for tests: one login, and a POST for each operation, answered by a function of the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[str, dict[str, Any]], int]
TOKEN = "a token of the console"


@dataclass
class Console:
    """What was asked of it; `answer` gives the status of each call, or None for a connection that just ends."""

    answer: Callable[[str, dict[str, Any]], int | None]
    url: str = ""
    calls: list[tuple[str, dict[str, Any], str | None]] = field(default_factory=list)


@contextmanager
def ops_console(answer: Callable[[str, dict[str, Any]], int | None]) -> Iterator[Console]:
    """A console on a free port, while the block runs."""
    console = Console(answer)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            if self.path == "/api/ops/auth/login/":
                right = body == {"email": "ops@example.org", "password": "told to nobody but the API"}
                self._say(200 if right else 401, {"access": TOKEN})
                return
            console.calls.append((self.path, body, self.headers.get("Authorization")))
            status = console.answer(self.path, body)
            if status is not None:
                self._say(status, {"status": "sent"})

        def _say(self, status: int, data: dict[str, Any]) -> None:
            text = json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    console.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield console
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
