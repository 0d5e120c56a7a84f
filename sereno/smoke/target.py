"""Where a run goes: the base URL, and whom the logins of the file may be sent to."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from urllib.parse import urlsplit

from sereno.errors import ConfigurationError, MissingSecretError, RefusedError
from sereno.settings import Settings, load_settings
from sereno.smoke.request import hold_secrets
from sereno.smoke.suite.file import SmokeFile
from sereno.smoke.wishes import Wishes
from sereno.systems.secrets import Secret


@dataclass(frozen=True, kw_only=True)
class Target:
    """Where requests go, and how the connection is made."""

    base_url: str
    hosts: frozenset[str]
    """Patterns of the hosts that logins may be sent to."""
    insecure: bool = False
    ca_file: Path | None = None
    client_certificate: Path | None = None
    timeout_seconds: float = 10.0
    at_most_bytes: int = 10_000_000

    def owns(self, url: str) -> bool:
        """Whether logins may be sent to the host of `url`."""
        try:
            host = (urlsplit(url).hostname or "").lower()
        except ValueError:
            return False
        return is_loopback(host) or any(fnmatchcase(host, pattern) for pattern in self.hosts)


def target_of(file: SmokeFile, wishes: Wishes, settings: Settings | None = None) -> Target:
    """Where the run goes.

    Raises:
        ConfigurationError: the base URL is none.
        MissingSecretError: it is a reference that leads to nothing.
        RefusedError: it is on a host that the logins of the file may not be sent to.
    """
    home = (settings or load_settings()).home_path
    base_url = _checked(wishes.base_url or Secret(file.base_url).expand().strip())
    hosts = frozenset({*(host.lower() for host in file.hosts), *_host_of_file(file)})
    if wishes.base_url and wishes.credentials and len(file.logins) <= 1:
        hosts |= {(urlsplit(base_url).hostname or "").lower()}  # the caller's own credentials, and no others
    target = Target(
        base_url=base_url,
        hosts=hosts,
        insecure=wishes.insecure,
        ca_file=None if file.ca_file is None else home / file.ca_file,
        client_certificate=None if file.client_certificate is None else home / file.client_certificate,
        timeout_seconds=file.timeout_seconds,
        at_most_bytes=file.at_most_bytes,
    )
    if (file.logins or hold_secrets(file.headers)) and not target.owns(base_url):
        what = "logins" if file.logins else "headers"
        raise RefusedError(
            f"the {what} of smoke.yaml may not be sent to {urlsplit(base_url).hostname}; "
            "name the host there under hosts if it belongs to the system"
        )
    return target


def is_loopback(host: str) -> bool:
    """Whether `host` is this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host_of_file(file: SmokeFile) -> Iterable[str]:
    try:
        host = urlsplit(Secret(file.base_url).expand().strip()).hostname
    except (MissingSecretError, ValueError):
        return ()
    return (host.lower(),) if host else ()


def _checked(base_url: str) -> str:
    try:
        parts = urlsplit(base_url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        usable, parts = False, urlsplit("")
    if not usable or any(character.isspace() or not character.isprintable() for character in base_url):
        raise ConfigurationError(f"{base_url[:80]!r} is no base URL; write https://HOST or http://HOST:PORT")
    if "@" in parts.netloc:
        raise ConfigurationError("the base URL holds a user or a password; these belong under logins")
    if parts.query or parts.fragment:
        raise ConfigurationError("the base URL has a query or a fragment; only paths are put behind it")
    return base_url.rstrip("/")
