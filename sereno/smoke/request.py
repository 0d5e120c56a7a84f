"""A request as it will be sent, and as a command that a person can repeat."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode, urlsplit

from sereno.redaction import MASK, redact
from sereno.smoke.plan import Case
from sereno.smoke.suite.part import Scalar
from sereno.smoke.templates import as_text, filled, filled_path, filled_text
from sereno.systems.secrets import Secret

REFERENCE = "${"
"""How a reference to a secret begins."""
_SECRET_BY_NAME = re.compile(r"auth|cookie|key|password|secret|session|token", re.IGNORECASE)
_LONGEST_BODY = 2_000  # characters of a body in a command


@dataclass(frozen=True)
class Request:
    """A request. Headers that say who is asking stand apart, so that they go to no other host and are shown nowhere."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    credentials: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def origin(self) -> tuple[str, str]:
        """Scheme and host with port."""
        parts = urlsplit(self.url)
        return parts.scheme, parts.netloc.lower()

    def redirected(self, url: str, status: int) -> Request:
        """The request that a redirect asks for: without credentials on another host, as a GET where HTTP says so."""
        method, body = self.method, self.body
        if status == 303 or (status in (301, 302) and method == "POST"):
            method, body = ("HEAD" if method == "HEAD" else "GET"), None
        moved = replace(self, url=url, method=method, body=body)
        return moved if moved.origin == self.origin else replace(moved, credentials={}, headers={})


def request_of(case: Case, *, base_url: str, headers: Mapping[str, str], variables: Mapping[str, Any]) -> Request:
    """The request of `case`, without credentials.

    Raises:
        MissingSecretError: a header refers to a secret that is not there.
    """
    check = case.check
    own = headers_of({**headers, **check.headers}, variables)
    body, kind = _body(filled(check.json_body, variables), filled(check.form, variables), filled(check.text, variables))
    return Request(
        check.method.upper(),
        url_of(check.path, base_url=base_url, query=check.query, variables=variables),
        {**({"Content-Type": kind} if kind else {}), **own},
        body,
    )


def headers_of(headers: Mapping[str, str], variables: Mapping[str, Any]) -> dict[str, str]:
    """Headers with their secrets and values; what a `{{name}}` stands for is never read as a reference to a secret.

    Raises:
        MissingSecretError: a header refers to a secret that is not there.
    """

    def written(text: str) -> str:
        return Secret(text).resolve() if REFERENCE in text else text

    return {name: filled_text(value, variables, around=written) for name, value in headers.items()}


def hold_secrets(headers: Mapping[str, str]) -> bool:
    """Whether one of them, as it is written, refers to a secret."""
    return any(REFERENCE in value for value in headers.values())


def url_of(path: str, *, base_url: str, query: Mapping[str, Scalar] | None = None, variables: Mapping[str, Any]) -> str:
    """The whole URL of a path below `base_url`, or of a URL."""
    place = filled_path(path, variables)
    url = f"{base_url.rstrip('/')}{place}" if place.startswith("/") else place
    asked = urlencode({name: as_text(filled(value, variables)) for name, value in (query or {}).items()})
    return url + (("&" if "?" in url else "?") + asked if asked else "")


def _body(as_json: Any, form: Any, text: Any) -> tuple[bytes | None, str]:
    if as_json is not None:
        return json.dumps(as_json, ensure_ascii=False).encode(), "application/json"
    if form is not None:
        fields = {name: as_text(value) for name, value in form.items()}
        return urlencode(fields).encode(), "application/x-www-form-urlencoded"
    return (None, "") if text is None else (as_text(text).encode(), "text/plain; charset=utf-8")


def curl(request: Request, *, insecure: bool = False) -> str:
    """The request as a `curl` command, every secret in it masked."""
    words = ["curl", "-i"]
    if insecure:
        words.append("-k")
    if request.method not in {"GET", "HEAD"}:
        words += ["-X", request.method]
    if request.method == "HEAD":
        words.append("-I")
    words.append(redact(request.url))
    for name in request.credentials:
        words += ["-H", f"{name}: {MASK}"]
    for name, value in request.headers.items():
        words += ["-H", f"{name}: {MASK}" if _SECRET_BY_NAME.search(name) else redact(f"{name}: {value}")]
    if request.body is not None:
        text = redact(request.body.decode("utf-8", "replace"))
        words += ["--data-raw", text if len(text) <= _LONGEST_BODY else f"{text[:_LONGEST_BODY]}…"]
    return " ".join(map(shlex.quote, words))
