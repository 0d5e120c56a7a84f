"""The one request that a load check sends again and again, and where it goes."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sereno.errors import ConfigurationError

LARGEST_BODY = 16 * 1024 * 1024


@dataclass(frozen=True, kw_only=True)
class Place:
    """A server. `addresses` are where its name leads, in the order in which they are tried; resolved once."""

    host: str
    port: int
    tls: ssl.SSLContext | None = None

    @property
    def authority(self) -> str:
        """The host as it stands in a URL, with its port where that is not the usual one."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.tls else 80) else f"{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What is sent. `content` is the whole request, as bytes."""

    method: str
    path: str
    content: bytes = field(repr=False)
    expected: frozenset[int] = frozenset()
    """The statuses that are no error; empty means every one below 400."""
    largest_body: int = LARGEST_BODY

    @property
    def without_body(self) -> bool:
        """Whether its answer has no body."""
        return self.method == "HEAD"

    @property
    def may_be_repeated(self) -> bool:
        """Whether it can be sent again when the connection was closed before anything of an answer came."""
        return self.method in ("GET", "HEAD", "OPTIONS")

    def expects(self, status: int) -> bool:
        """Whether an answer with `status` is no error."""
        return status in self.expected if self.expected else status < 400


def request_of(
    place: Place,
    *,
    method: str = "GET",
    path: str = "/",
    headers: Sequence[tuple[str, str]] = (),
    body: bytes = b"",
    expected: Iterable[int] = (),
) -> Request:
    """The request, put together once.

    Raises:
        ConfigurationError: a line feed or a character beyond Latin 1 stands in a header or in the path.
    """
    lines = [f"{method} {path} HTTP/1.1", f"Host: {place.authority}", "User-Agent: sereno-load-check", "Accept: */*"]
    own = {name.lower() for name, _ in headers}
    lines = [line for line in lines if line.partition(":")[0].lower() not in own or line == lines[0]]
    lines += [f"{name}: {value}" for name, value in headers]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    if any("\r" in line or "\n" in line or "\0" in line for line in lines) or " " in path:
        raise ConfigurationError("the request of the load check has a line feed or a space where none can be")
    try:
        head = "\r\n".join(lines).encode("latin-1")
    except UnicodeEncodeError:
        raise ConfigurationError("a header or the path of the load check has a character beyond Latin 1") from None
    return Request(method=method, path=path, content=head + b"\r\n\r\n" + body, expected=frozenset(expected))


def tls_context(*, ca_file: Path | None = None, insecure: bool = False) -> ssl.SSLContext:
    """What certificates are accepted: those that the machine trusts, or those of `ca_file`, or any.

    Raises:
        ConfigurationError: `ca_file` cannot be read.
    """
    try:
        context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    except (OSError, ssl.SSLError) as error:
        reason = getattr(error, "strerror", None) or type(error).__name__
        raise ConfigurationError(f"the authorities' file {ca_file} cannot be read: {reason}") from None
    context.set_alpn_protocols(["http/1.1"])
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
