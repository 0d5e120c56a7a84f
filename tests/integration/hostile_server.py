"""A small HTTP server that answers by path, well or badly, and remembers what it was asked."""

from __future__ import annotations

import gzip
import json
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

MEGABYTE = 1_000_000


@dataclass
class Asked:
    """One request."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class HostileServer:
    """What the server was asked, and where it is."""

    url: str
    asked: list[Asked] = field(default_factory=list)
    tries: Counter[str] = field(default_factory=Counter)
    stopped: threading.Event = field(default_factory=threading.Event)

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [each.path for each in self.asked]


@contextmanager
def hostile_server(certificate: Path | None = None, *, clients: Path | None = None) -> Iterator[HostileServer]:
    """Serve on a free port of the loopback address, with TLS where there is a `certificate`, to `clients` alone."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            with suppress(OSError, ValueError):
                _serve(self, state)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

        def get_request(self) -> Any:
            connection, address = super().get_request()
            if certificate is not None:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                context.load_cert_chain(certificate)
                if clients is not None:
                    context.load_verify_locations(clients)
                    context.verify_mode = ssl.CERT_REQUIRED
                return context.wrap_socket(connection, server_side=True, do_handshake_on_connect=False), address
            return connection, address

        def handle_error(self, request: Any, client_address: Any) -> None:
            """A client that breaks off is no news."""

    with Server(("127.0.0.1", 0), Handler) as server:
        scheme, host = ("https", "localhost") if certificate else ("http", "127.0.0.1")
        state = HostileServer(f"{scheme}://{host}:{server.server_address[1]}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield state
        finally:
            state.stopped.set()
            server.shutdown()
            thread.join(10)


def make_certificate(path: Path, *, expired: bool = False) -> Path:
    """A certificate of its own for localhost, with its key, as PEM at `path`."""
    now = datetime.now(UTC)
    until = now - timedelta(days=1) if expired else now + timedelta(days=30)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=60))
        .not_valid_after(until)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path.write_bytes(
        certificate.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def _serve(handler: socketserver.StreamRequestHandler, state: HostileServer) -> None:
    while line := handler.rfile.readline(65_536).decode("latin-1"):
        method, path, _ = line.split(" ", 2)
        headers: dict[str, str] = {}
        while (header := handler.rfile.readline(65_536).decode("latin-1").strip()) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = handler.rfile.read(int(headers.get("content-length", 0)))
        asked = Asked(method, path, headers, body)
        state.asked.append(asked)
        state.tries[path] += 1
        if not _answer(handler, asked, state):
            return


def _answer(handler: socketserver.StreamRequestHandler, asked: Asked, state: HostileServer) -> bool:
    """Write an answer; whether the connection stays open."""
    write = handler.wfile.write
    name = asked.path.partition("?")[0].strip("/")
    match name.split("/")[0]:
        case "half-open":
            state.stopped.wait(30)
            return False
        case "slow":
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            while not state.stopped.wait(0.02):
                write(b" ")
            return False
        case "garbage":
            write(b"\x00\x01 this is not HTTP\r\n\r\n")
            return False
        case "drop":
            return False
        case "short":
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")
            return False
        case "large":
            write(b"HTTP/1.1 200 OK\r\nContent-Length: 50000000\r\n\r\n")
            for _ in range(50):
                write(b"x" * MEGABYTE)
            return True
        case "bomb":
            packed = gzip.compress(b"0" * 100 * MEGABYTE)
            return _reply(write, 200, packed, {"Content-Encoding": "gzip", "Content-Type": "application/json"})
        case "cut-gzip":
            return _reply(write, 200, gzip.compress(b'{"a": 1}')[:-9], {"Content-Encoding": "gzip"})
        case "gzip":
            return _reply(write, 200, gzip.compress(b'{"a": 1}'), {"Content-Encoding": "gzip"})
        case "brotli":
            return _reply(write, 200, b"??", {"Content-Encoding": "br"})
        case "html":
            return _reply(write, 200, b"<html><body>Bad gateway</body></html>", {"Content-Type": "text/html"})
        case "invalid":
            return _reply(write, 200, b'{"a": "\xff\xfe"}', {"Content-Type": "application/json"})
        case "deep":
            return _reply(write, 200, b"[" * 100_000 + b"]" * 100_000, {"Content-Type": "application/json"})
        case "moved":
            return _reply(write, 302, b"", {"Location": "/ok"})
        case "moved-away":
            return _reply(write, 302, b"", {"Location": state.url.replace("127.0.0.1", "localhost") + "/ok"})
        case "kept-away":
            return _reply(write, 307, b"", {"Location": state.url.replace("127.0.0.1", "localhost") + "/ok"})
        case "moved-nowhere":
            return _reply(write, 302, b"", {"Location": "http://[nowhere"})
        case "half":
            return _reply(write, 200, b'{"half": "\\ud800", "dots": "..", "url": "http://[nowhere"}')
        case "circle":
            return _reply(write, 302, b"", {"Location": "/circle"})
        case "unwell":
            well = state.tries[asked.path] > 1
            return _reply(write, 200 if well else 503, b'{"status": "ok"}', {"Retry-After": "0"})
        case "login":
            sent = json.loads(asked.body or b"{}")
            token = f"token-{state.tries[asked.path]}-{'k' * 24}"
            return _reply(write, 200 if sent.get("password") else 401, json.dumps({"access": token, **sent}).encode())
        case "second-token":
            well = asked.headers.get("authorization", "").startswith("Bearer token-2-")
            return _reply(write, 200 if well else 401, b"{}")
        case "pages":
            return _reply(write, 200, _page(asked.path))
        case "echo":
            told = {"path": asked.path, "headers": asked.headers, "body": asked.body.decode()}
            return _reply(write, 500, json.dumps(told).encode(), {"Content-Type": "application/json"})
        case "counter":
            return _reply(write, 200, json.dumps({"n": state.tries[asked.path]}).encode())
        case "secret":
            return _reply(write, 200, json.dumps({"key": "captured-secret-0815", "id": 7}).encode())
    return _reply(write, 200, b'{"status": "ok", "n": 1}', {"Content-Type": "application/json"})


def _page(path: str) -> bytes:
    """`/pages/KIND?offset=N`: pages of two rows of five."""
    kind = path.split("/")[2].partition("?")[0]
    page = int(path.partition("page=")[2] or 1)
    offset = int(path.partition("offset=")[2] or 2 * page - 2)
    ids = [1, 2, 3, 4, 5] if kind != "twice" else [1, 2, 2, 4, 5]
    rows = ids[offset : offset + (1 if kind == "gap" and offset == 2 else 2)]
    following = offset + 2 if offset + 2 < len(ids) else None
    return json.dumps({"items": [{"id": row} for row in rows], "next": following, "total": 5}).encode()


def _reply(write: Any, status: int, body: bytes, headers: dict[str, str] | None = None) -> bool:
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
    write("\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body)
    return True
