"""Sending one request and taking the whole answer, within bounds of time and size; nothing is kept between two."""

from __future__ import annotations

import asyncio
import ssl
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import urljoin, urlsplit

import httpx
from anyio.lowlevel import checkpoint

from sereno.errors import ConfigurationError
from sereno.smoke.answers import Answer
from sereno.smoke.pacing import Pace
from sereno.smoke.request import Request
from sereno.smoke.target import Target
from sereno.smoke.unpacking import ACCEPTED, UnreadableBodyError, read_body

_AGENT = "sereno-smoke"
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MOST_CONNECTIONS = 64


class NoAnswerError(Exception):
    """There was no answer that could be taken. `again` says whether the same request may fare better."""

    def __init__(self, message: str, *, again: bool) -> None:
        """Say what happened."""
        super().__init__(message)
        self.again = again


class HttpClient:
    """Connections to one target; use it as a context manager. It keeps no cookies and follows no redirect unasked."""

    def __init__(self, target: Target, pace: Pace | None = None) -> None:
        """Open nothing yet; `pace` says when one more may be sent."""
        self._target = target
        self._pace = pace
        self._transports: dict[str, httpx.AsyncHTTPTransport] = {}
        self.requests = 0
        """How many were sent."""

    async def send(
        self, request: Request, *, redirects: int = 0, timeout_seconds: float | None = None, at_most: int | None = None
    ) -> Answer:
        """The answer to `request`, after at most `redirects` redirects.

        Raises:
            NoAnswerError: nobody answered in time, or not in a way that could be taken.
        """
        seconds = timeout_seconds or self._target.timeout_seconds
        passed: list[str] = []
        if self._pace is not None:
            await self._pace.turn()
        try:
            async with asyncio.timeout(seconds):
                while True:
                    answer = await self._exchange(request, at_most or self._target.at_most_bytes)
                    location = answer.header("Location")
                    if answer.status not in _REDIRECTS or location is None or len(passed) >= redirects:
                        return Answer(**{**_fields(answer), "url": request.url, "redirects": tuple(passed)})
                    passed.append(request.url)
                    request = _moved(request, answer.status, location)
        except TimeoutError:
            raise NoAnswerError(f"no whole answer within {seconds:g} s", again=True) from None

    async def _exchange(self, request: Request, at_most: int) -> Answer:
        self.requests += 1
        try:
            return await self._taken(request, at_most)
        except UnreadableBodyError as error:
            raise NoAnswerError(str(error), again=False) from None
        except httpx.TransportError as error:
            raise NoAnswerError(_told(error, request), again=not isinstance(error, httpx.UnsupportedProtocol)) from None
        except (httpx.InvalidURL, UnicodeError, ValueError) as error:
            raise NoAnswerError(f"the request cannot be sent: {type(error).__name__}: {error}", again=False) from None

    async def _taken(self, request: Request, at_most: int) -> Answer:
        headers = {"User-Agent": _AGENT, "Accept-Encoding": ACCEPTED, "Accept": "*/*"}
        sent = httpx.Request(
            request.method,
            request.url,
            headers={**headers, **request.headers, **request.credentials},
            content=request.body,
        )
        transport = self._transport(sent.url.scheme)
        started = time.perf_counter()
        response = await transport.handle_async_request(sent)
        try:
            stream: Any = response.stream
            body = await read_body(
                aiter(stream), encoding=response.headers.get("Content-Encoding", ""), at_most=at_most
            )
            seconds = time.perf_counter() - started
            certificate = _certificate(response)
        finally:
            await response.stream.aclose()  # type: ignore[union-attr]
        return Answer(
            status=response.status_code,
            headers=tuple(response.headers.multi_items()),
            body=body,
            seconds=seconds,
            url=request.url,
            certificate=certificate,
        )

    def _transport(self, scheme: str) -> httpx.AsyncHTTPTransport:
        if scheme not in self._transports:
            context = _context(self._target) if scheme == "https" else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            limits = httpx.Limits(max_connections=_MOST_CONNECTIONS, max_keepalive_connections=_MOST_CONNECTIONS)
            self._transports[scheme] = httpx.AsyncHTTPTransport(verify=context, limits=limits, trust_env=False)
        return self._transports[scheme]

    async def __aenter__(self) -> Self:
        """The client itself, ready to send.

        Raises:
            ConfigurationError: a certificate file of ours cannot be used.
        """
        await checkpoint()  # loads what connections need; no part of the first answer's time
        self._transport(urlsplit(self._target.base_url).scheme)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        for transport in self._transports.values():
            await transport.aclose()


def _context(target: Target) -> ssl.SSLContext:
    """How certificates are judged.

    Raises:
        ConfigurationError: a file cannot be used.
    """
    context = ssl.create_default_context()
    if not context.cert_store_stats()["x509_ca"]:
        import certifi

        context.load_verify_locations(certifi.where())
    try:
        if target.ca_file is not None:
            context.load_verify_locations(target.ca_file)
        if target.client_certificate is not None:
            context.load_cert_chain(target.client_certificate)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{_named(target)} cannot be used: {error.strerror or error}") from None
    if target.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _named(target: Target) -> str:
    names: list[Path] = [each for each in (target.ca_file, target.client_certificate) if each is not None]
    return " or ".join(str(name) for name in names)


def _certificate(response: httpx.Response) -> bytes | None:
    stream = response.extensions.get("network_stream")
    tls = stream.get_extra_info("ssl_object") if stream is not None else None
    der: bytes | None = tls.getpeercert(binary_form=True) if tls is not None else None
    return der


def _moved(request: Request, status: int, location: str) -> Request:
    moved = request.redirected(_next(request.url, location), status)
    if moved.body is not None and moved.origin != request.origin:
        raise NoAnswerError("a redirect would take the body to another host", again=False)
    return moved


def _next(url: str, location: str) -> str:
    try:
        place = urljoin(url, location)
    except ValueError:
        raise NoAnswerError("a redirect leads to something that is no URL", again=False) from None
    if urlsplit(place).scheme not in {"http", "https"}:
        raise NoAnswerError("a redirect leads to something else than HTTP", again=False)
    if urlsplit(url).scheme == "https" and urlsplit(place).scheme == "http":
        raise NoAnswerError("a redirect leads from HTTPS to plain HTTP", again=False)
    return place


def _told(error: httpx.TransportError, request: Request) -> str:
    place = urlsplit(request.url).netloc.rpartition("@")[2]
    cause = str(error) or type(error).__name__
    if "CERTIFICATE_VERIFY_FAILED" in cause:
        reason = cause.partition("certificate verify failed: ")[2].partition(" (_ssl")[0]
        return f"the certificate of {place} is not trusted: {reason or 'verification failed'}"
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return f"{place} cannot be reached: {cause}"
    if isinstance(error, httpx.RemoteProtocolError):
        return f"{place} broke off or spoke no proper HTTP: {cause}"
    if isinstance(error, httpx.ReadError | httpx.WriteError):
        return f"the connection to {place} was lost"
    return f"{place}: {cause}"


def _fields(answer: Answer) -> dict[str, Any]:
    names = ("status", "headers", "body", "seconds", "url", "redirects", "certificate")
    return {name: getattr(answer, name) for name in names}
