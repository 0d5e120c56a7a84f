"""Real receivers of messages on loopback: an SMTP server and an HTTP server, on ports of their own choosing."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope


@dataclass
class MailServer:
    """What an SMTP server was given. `answer` says what it answers to a recipient and to the data of one mail."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    answer_to_recipient: Callable[[str], str] = lambda address: "250 OK"
    answer_to_sender: Callable[[str], str] = lambda address: "250 OK"
    answer_to_data: Callable[[EmailMessage], str] = lambda mail: "250 OK"

    @property
    def identifiers(self) -> list[str]:
        """The Message-ID of each mail, in the order in which they came."""
        return [str(mail["Message-ID"]) for mail in self.mails]

    async def handle_MAIL(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answer_to_sender(address)
        if answer.startswith("250"):
            envelope.mail_from = address
            envelope.mail_options.extend(options)
        return answer

    async def handle_RCPT(  # noqa: N802 (aiosmtpd's name)
        self, server: Any, session: Any, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = self.answer_to_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: N802
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        mail = message_from_bytes(content, policy=policy.default)
        answer = self.answer_to_data(mail)
        if answer.startswith("250"):
            self.mails.append(mail)
        return answer


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """An SMTP server that keeps what it is given."""
    receiver = MailServer()
    loop = asyncio.new_event_loop()

    async def listen() -> asyncio.Server:
        return await loop.create_server(lambda: SMTP(receiver, loop=loop), "127.0.0.1", 0)

    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(listen(), loop).result(30)
    receiver.port = server.sockets[0].getsockname()[1]
    try:
        yield receiver
    finally:
        loop.call_soon_threadsafe(server.close)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)


@dataclass
class HttpReceiver:
    """What an HTTP server was given. `answer` says with which status the request number so and so is answered."""

    url: str = ""
    requests: list[tuple[dict[str, str], bytes]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    answer: Callable[[int], int] = lambda number: 200

    @property
    def documents(self) -> list[dict[str, Any]]:
        """The body of each request, as JSON."""
        return [json.loads(body) for _, body in self.requests]


@contextmanager
def http_receiver() -> Iterator[HttpReceiver]:
    """An HTTP server that keeps what is posted to it."""
    receiver = HttpReceiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            receiver.requests.append(({name.lower(): value for name, value in self.headers.items()}, body))
            receiver.paths.append(self.path)
            self.send_response(receiver.answer(len(receiver.requests)))
            self.send_header("content-length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join(30)
