"""The section `load_check`: where load may be sent, what is asked there, and what has to hold."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from sereno.load.thresholds import parse_threshold
from sereno.systems.part import Part
from sereno.systems.secrets import Secret, names_secret
from sereno.systems.sections.fields import FilePath, Name, SecretUrl

_SECRET_HEADERS = ("authorization", "cookie", "x-api-key", "proxy-authorization")
_OWN_HEADERS = ("host", "content-length", "transfer-encoding", "connection", "expect", "upgrade")


class Header(Part):
    """A header of a request."""

    name: str = Field(pattern=r"^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$", examples=["Authorization"])
    """Its name."""
    value: Secret = Field(examples=["Bearer ${POINT_LOAD_TOKEN}", "application/json"])
    """Its value, with references where it holds a secret."""

    @model_validator(mode="after")
    def _is_fit(self) -> Header:
        if self.name.lower() in _SECRET_HEADERS and not self.value.references:
            raise ValueError(f"what {self.name} holds is a secret: write a reference, such as Bearer ${{NAME}}")
        if self.name.lower() in _OWN_HEADERS:
            raise ValueError(f"{self.name} is set by the client itself")
        return self


class LoadTarget(Part):
    """An address of the system to which load may be sent."""

    name: Name = Field(examples=["staging"])
    """What operators call it: `target=staging`."""
    base_url: SecretUrl = Field(examples=["https://staging.point.example", "${POINT_STAGING_URL}"])
    """`http://` or `https://`, a host, a port where it is not the usual one, and a path that all paths begin with."""
    ca_bundle: FilePath | None = Field(default=None, examples=["/etc/ssl/certs/company-ca.pem"])
    """The file of the authorities that may sign its certificate. A relative one is taken from SERENO_HOME."""


class LoadEndpoint(Part):
    """A request that is sent again and again. One that changes something changes it as often as it is sent."""

    name: Name = Field(examples=["dashboard"])
    """What operators call it: `endpoint=dashboard`."""
    path: str = Field(pattern=r"^/[!-~]*$", max_length=2000, examples=["/api/portfolios/dashboard"])
    """The path and, behind a question mark, its parameters; percent-encoded where needed."""
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] = Field(default="GET", examples=["GET"])
    """The method."""
    headers: tuple[Header, ...] = Field(
        default=(), max_length=50, examples=[[{"name": "Authorization", "value": "Bearer ${POINT_LOAD_TOKEN}"}]]
    )
    """Headers besides the usual ones."""
    json_body: str | None = Field(default=None, max_length=100_000, examples=['{"dry_run": true}'])
    """The body, as JSON text. Default: none."""
    expected_statuses: tuple[Annotated[int, Field(ge=100, le=599)], ...] = Field(default=(), examples=[[200]])
    """The statuses of a right answer; any other is an error. Default: every status below 400."""
    thresholds: tuple[str, ...] = Field(
        default=(), max_length=20, examples=[["p95 < 300ms", "error_rate < 1%", "rps >= 12"]]
    )
    """What has to hold. Metrics: p50, p75, p90, p95, p99, p99.9, max, mean, rps, errors, error_rate. Where nothing is
    said about errors there may be none."""

    @model_validator(mode="after")
    def _is_right(self) -> LoadEndpoint:
        for threshold in self.thresholds:
            parse_threshold(threshold)
        if any(map(names_secret, (self.path, self.json_body or ""))):
            raise ValueError("a secret stands in a header; in the path or the body it would be sent as it is written")
        if self.json_body is not None:
            try:
                json.loads(self.json_body)
            except ValueError as error:
                raise ValueError(f"json_body is no JSON: {error}") from None
        return self


def _named_apart(
    items: tuple[LoadTarget, ...] | tuple[LoadEndpoint, ...],
) -> tuple[LoadTarget, ...] | tuple[LoadEndpoint, ...]:
    names = [item.name for item in items]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two are called {name!r}; each needs a name of its own")
    return items


class LoadCheck(Part):
    """How the API is put under load. Leave out where the system has none, or none may be sent."""

    targets: Annotated[tuple[LoadTarget, ...], AfterValidator(_named_apart)] = Field(
        min_length=1, max_length=20, examples=[[{"name": "staging", "base_url": "https://staging.point.example"}]]
    )
    """Where load may be sent; the first one is meant where an operator names none."""
    hosts: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]{1,253}(:\d{1,5})?$")], ...] = Field(
        default=(), max_length=50, examples=[["point.example", "point.example:8443"]]
    )
    """Further hosts of this system, which may be given as `target=URL`. Others are refused, except loopback."""
    endpoints: Annotated[tuple[LoadEndpoint, ...], AfterValidator(_named_apart)] = Field(
        min_length=1, max_length=50, examples=[[{"name": "health", "path": "/health", "thresholds": ["p95 < 300ms"]}]]
    )
    """What is asked; the first one is meant where an operator names none."""
    baseline_tolerance_percent: int = Field(default=50, ge=1, le=1000, examples=[50])
    """By how much a run may be slower than the accepted one of the same load."""
