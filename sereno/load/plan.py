"""What a load check will do: where, what, how much, and what has to hold. Nothing is sent here."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

from sereno.errors import ConfigurationError, RefusedError
from sereno.load.load import Load
from sereno.load.request import Place, Request, request_of, tls_context
from sereno.load.thresholds import Threshold, parse_threshold, with_errors_bounded
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.load_check import LoadCheck, LoadEndpoint, LoadTarget

Named = TypeVar("Named", LoadTarget, LoadEndpoint)


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """A load check before it begins. Secrets in it are still references."""

    target: LoadTarget
    endpoint: LoadEndpoint
    base_url: str
    load: Load
    thresholds: tuple[Threshold, ...]
    insecure: bool = False
    tolerance_percent: int = field(default=50)

    @property
    def what(self) -> str:
        """`GET /health of http://127.0.0.1:8321`, without the parameters, which may hold anything."""
        path = self.endpoint.path.partition("?")[0]
        return f"{self.endpoint.method} {path} of {self.base_url}"

    @property
    def profile(self) -> str:
        """What tells which runs can be compared: the same endpoint of the same target under the same load."""
        return f"{self.endpoint.name} at {self.target.name}: {self.load}"

    def wire(self) -> tuple[Place, Request]:
        """The server and the request, with their secrets resolved.

        Raises:
            MissingSecretError: a header's secret is not there.
            ConfigurationError: the authorities' file cannot be read.
        """
        url, ca_file = urlsplit(self.base_url), self.target.ca_bundle
        ca_path = load_settings().home_path / ca_file if ca_file else None
        tls = tls_context(ca_file=ca_path, insecure=self.insecure) if url.scheme == "https" else None
        place = Place(host=url.hostname or "", port=url.port or (443 if tls else 80), tls=tls)
        headers = [
            (header.name, header.value.resolve() if header.value.references else header.value.text)
            for header in self.endpoint.headers
        ]
        body = (self.endpoint.json_body or "").encode()
        if body and not any(name.lower() == "content-type" for name, _ in headers):
            headers.append(("Content-Type", "application/json"))
        request = request_of(
            place,
            method=self.endpoint.method,
            path=url.path.rstrip("/") + self.endpoint.path,
            headers=headers,
            body=body,
            expected=self.endpoint.expected_statuses,
        )
        return place, request


def plan_load(
    system: System,
    *,
    load: Load,
    endpoint: str = "",
    target: str = "",
    thresholds: Sequence[str] = (),
    insecure: bool = False,
) -> LoadPlan:
    """Decide what a load check does.

    Args:
        system: whose API.
        load: how much.
        endpoint: a name of the system's file; empty for the first one.
        target: a name of the system's file, or a URL of one of the system's hosts; empty for the first one.
        thresholds: what has to hold besides what the file says.
        insecure: accept any certificate.

    Raises:
        ConfigurationError: the system has no section `load_check`, or a name or threshold is wrong.
        MissingSecretError: the base URL is a reference to nothing.
        RefusedError: the host is not one of the system's.
    """
    section = system.load_check
    if section is None:
        raise ConfigurationError(f"{system.name} has no section `load_check` in its system.yaml")
    chosen = _target(section, target, system.name)
    asked = _named(section.endpoints, endpoint, what="endpoint")
    try:
        wanted = with_errors_bounded(parse_threshold(text) for text in (*asked.thresholds, *thresholds))
    except ValueError as error:
        raise ConfigurationError(str(error)) from None
    return LoadPlan(
        target=chosen,
        endpoint=asked,
        base_url=_checked_url(chosen.base_url.expand(), where=f"the base URL of target {chosen.name}").geturl(),
        load=load,
        thresholds=wanted,
        insecure=insecure,
        tolerance_percent=section.baseline_tolerance_percent,
    )


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine, whatever the network says."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _target(section: LoadCheck, wanted: str, system: str) -> LoadTarget:
    if "://" not in wanted:
        return _named(section.targets, wanted, what="target")
    url = _checked_url(wanted, where="target")
    host, port = (url.hostname or "").lower(), url.port or (443 if url.scheme == "https" else 80)
    for declared in section.targets:
        own = _checked_url(declared.base_url.expand(), where=f"the base URL of target {declared.name}")
        if (own.hostname or "").lower() == host:
            return declared.model_copy(update={"name": url.netloc, "base_url": Secret(wanted)})
    owned = {entry.lower() for entry in section.hosts}
    if not is_loopback(host) and host not in owned and f"{host}:{port}" not in owned:
        raise RefusedError(
            f"{host} is no host of {system}, so no load is sent to it; the hosts of a system stand in its system.yaml "
            "under load_check.targets and load_check.hosts"
        )
    return LoadTarget.model_construct(name=url.netloc, base_url=Secret(wanted), ca_bundle=None)


def _checked_url(text: str, *, where: str) -> SplitResult:
    """`text` when it is a base URL; its message shows nothing of it, for it may hold a password."""
    try:
        url = urlsplit(text)
        right = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        right = False
    if not right or url.query or url.fragment or "@" in url.netloc or not text.isascii() or " " in text:
        raise ConfigurationError(
            f"{where} is no base URL; write http:// or https://, a host, and perhaps a port and a path"
        )
    return url


def _named(items: Sequence[Named], wanted: str, *, what: str) -> Named:
    if not wanted:
        return items[0]
    for item in items:
        if item.name == wanted:
            return item
    names = ", ".join(item.name for item in items)
    raise ConfigurationError(f"there is no {what} {wanted[:80]!r} under load_check; there are: {names}")
