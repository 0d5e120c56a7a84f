"""The boto3 client of a store: its keys, its timeouts and attempts, and what servers other than Amazon's need."""

from __future__ import annotations

import errno
import hashlib
from base64 import b64encode
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from boto3.session import Session
from botocore.config import Config

from sereno import __version__
from sereno.systems.sections.stores import S3Store as S3Section

_CONNECTIONS = 32  # at once; more than any job opens, so that none waits for another


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long, and how often, a store is asked before it counts as unavailable."""

    connect_seconds: float = 10
    read_seconds: float = 60
    """How long the server may be silent."""
    attempts: int = 8
    """Of one request. boto3 waits between them, at random: up to 0.05, 0.1, 0.2, 0.4 ... seconds, and twenty times as
    long where the store asks for patience."""
    resume_after_seconds: tuple[float, ...] = (0, 1, 2, 5, 10)
    """How long to wait before each new start of a download that breaks off and gets nowhere."""


PATIENCE = Patience()


@dataclass(frozen=True, kw_only=True)
class _Access:
    endpoint_url: str | None
    region: str | None
    access_key_id: str | None = field(repr=False)
    secret_access_key: str | None = field(repr=False)
    ca_bundle: str | None
    checksums: str


def client_of(section: S3Section, *, home: Path, patience: Patience) -> Any:
    """A client for what the section says, its secrets resolved; nothing is connected to.

    Args:
        section: what the system's file says.
        home: SERENO_HOME, from which a relative `ca_bundle` is taken.
        patience: timeouts and attempts.

    Raises:
        MissingSecretError: a key is not there.
        BotoCoreError, OSError, ValueError: boto3 cannot make a client of this.
    """
    ca_bundle = home / section.ca_bundle if section.ca_bundle else None
    if ca_bundle and not ca_bundle.is_file():
        raise FileNotFoundError(errno.ENOENT, f"the file {ca_bundle} does not exist")
    access = _Access(
        endpoint_url=section.endpoint_url,
        region=section.region,
        access_key_id=section.access_key_id.resolve() if section.access_key_id else None,
        secret_access_key=section.secret_access_key.resolve() if section.secret_access_key else None,
        ca_bundle=str(ca_bundle) if ca_bundle else None,
        checksums=section.checksums,
    )
    return _client(access, patience)


@lru_cache(maxsize=16)
def _client(access: _Access, patience: Patience) -> Any:
    client = Session().client(
        "s3",
        endpoint_url=access.endpoint_url,
        region_name=access.region,
        aws_access_key_id=access.access_key_id,
        aws_secret_access_key=access.secret_access_key,
        verify=access.ca_bundle,
        config=Config(
            connect_timeout=patience.connect_seconds,
            read_timeout=patience.read_seconds,
            retries={"mode": "standard", "total_max_attempts": patience.attempts},
            max_pool_connections=_CONNECTIONS,
            tcp_keepalive=True,
            request_checksum_calculation=access.checksums,
            response_checksum_validation="when_required",  # every object is authenticated by whoever reads it
            user_agent_extra=f"sereno/{__version__}",
        ),
    )
    if access.checksums == "when_required":
        client.meta.events.register("before-sign.s3.DeleteObjects", _with_md5)
    return client


def _with_md5(request: Any, **_: Any) -> None:
    """Old servers demand Content-MD5 of a deletion, which boto3 has replaced by a newer checksum."""
    for header in ("x-amz-checksum-crc32", "x-amz-sdk-checksum-algorithm"):
        del request.headers[header]
    digest = hashlib.md5(request.body, usedforsecurity=False).digest()
    request.headers["Content-MD5"] = b64encode(digest).decode()
