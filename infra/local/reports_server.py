"""The folder of reports on a loopback port, so that a run's artifact can link to what the run wrote."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from infra.local.ports import LOOPBACK

PREFERRED_PORT = 4280
_OWN_NAMES = (LOOPBACK, "localhost")


class ReportsServer:
    """Serves a folder to this machine's own browsers, in a thread."""

    def __init__(self, folder: Path) -> None:
        """Listen on the preferred port, or on any; `folder` may come to be later."""
        handler = partial(_Handler, directory=str(folder))
        try:
            self._server = ThreadingHTTPServer((LOOPBACK, PREFERRED_PORT), handler)
        except OSError:
            self._server = ThreadingHTTPServer((LOOPBACK, 0), handler)
        self.url = f"http://{LOOPBACK}:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, name="reports", daemon=True).start()

    def stop(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    """Reads only, and only for pages of this machine: a name that leads here from elsewhere is refused."""

    def send_head(self):  # type: ignore[no-untyped-def]
        if (self.headers.get("Host") or "").rpartition(":")[0] not in _OWN_NAMES:
            self.send_error(403, "Only for this machine")
            return None
        return super().send_head()

    def end_headers(self) -> None:
        self.send_header("X-Content-Type-Options", "nosniff")
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base's name)
        """Say nothing."""
