"""A whole smoke.yaml."""

from __future__ import annotations

from typing import Self

from pydantic import Field, JsonValue, model_validator

from sereno.smoke.suite.check import Check
from sereno.smoke.suite.login import Login
from sereno.smoke.suite.part import ExtractionLine, Place, Scalar, SmokePart, Variable
from sereno.systems.sections.fields import FilePath, Name


class Fingerprint(SmokePart):
    """What must be the same before and after a dry run: rows of a SQL file, or values of an answer."""

    sql: Name | None = Field(default=None, examples=["rows"])
    """The file `sql/fingerprint.NAME.sql`, which gives columns `name` and `value`."""
    get: Place | None = Field(default=None, examples=["/api/integrations/summary"])
    """The endpoint, asked by GET."""
    login: Name | None = Field(default=None, examples=["admin"])
    """Who asks the endpoint."""
    values: dict[Variable, ExtractionLine] = Field(default={}, examples=[{"active": "$.api_clients.active"}])
    """What of the endpoint's answer counts, by name."""
    excepted: tuple[str, ...] = Field(default=(), alias="except", examples=[["audit_events"]])
    """Names that may change, such as the audit rows that the dry run itself writes."""

    @model_validator(mode="after")
    def _one_source(self) -> Self:
        if (self.sql is None) == (self.get is None):
            raise ValueError("expected either sql or get")
        if (self.get is None) != (not self.values):
            raise ValueError("get and values go together")
        return self


class Suite(SmokePart):
    """Checks that are run together, in the order in which they stand."""

    description: str = Field(min_length=1, max_length=500, examples=["What the runbook asks for every morning."])
    """What the suite is for."""
    parallel: int = Field(default=4, ge=1, le=64, examples=[8])
    """How many checks of a group go on at the same time."""
    fingerprints: tuple[Name, ...] = Field(default=(), examples=[["rows"]])
    """What is compared before and after each dry run."""
    without_database: str | None = Field(
        default=None, min_length=10, max_length=300, examples=["the service has no database of its own"]
    )
    """Why no check of the suite shows that the database lives."""
    checks: tuple[Check, ...] = Field(min_length=1, max_length=2_000)
    """The checks."""


class SmokeFile(SmokePart):
    """The smoke suites of one system: `deployments/<system>/smoke.yaml`."""

    base_url: str = Field(
        pattern=r"^(https?://[^\s?#]+|\$\{[^}]+\})$",
        examples=["https://api.point.example", "${POINT_BASE_URL}", "${file:demo/api-url}"],
    )
    """Where the API is: scheme, host and perhaps a path; in the file, or as a reference."""
    hosts: tuple[str, ...] = Field(default=(), examples=[["staging.point.example", "*.point.example"]])
    """Other hosts that the logins of this file may be sent to; that of `base_url` and loopback addresses always."""
    operator: Name | None = Field(default=None, examples=["admin"])
    """The login that TOKEN, or USERNAME and PASSWORD, replace. Default: the first."""
    timeout_seconds: float = Field(default=10, gt=0, le=600, examples=[10])
    """How long a whole answer may take."""
    at_most_bytes: int = Field(default=10_000_000, ge=1, le=1_000_000_000, examples=[10_000_000])
    """How large a body may be, also once it is unpacked."""
    requests_per_minute: int | None = Field(default=None, ge=1, le=100_000, examples=[10])
    """How many requests the system takes in a minute; a run waits before it sends more. Default: any number."""
    ca_file: FilePath | None = Field(default=None, examples=["/etc/ssl/point-ca.pem"])
    """Certificates to trust besides the usual ones; relative to SERENO_HOME."""
    client_certificate: FilePath | None = Field(default=None, examples=["point/client.pem"])
    """A certificate and its key, as PEM in one file, that the client shows; relative to SERENO_HOME."""
    headers: dict[str, str] = Field(default={}, examples=[{"Accept-Language": "pt"}])
    """Headers of every request."""
    variables: dict[Variable, Scalar] = Field(default={}, examples=[{"idle_days": 30}])
    """Values that checks use as `{{name}}`, and that a run may set otherwise."""
    logins: dict[Name, Login] = Field(default={}, examples=[{"admin": {"token": "${POINT_TOKEN}"}}])
    """Who can ask, by name."""
    fingerprints: dict[Name, Fingerprint] = Field(default={}, examples=[{"rows": {"sql": "rows"}}])
    """What dry runs must not change, by name."""
    definitions: JsonValue = Field(default=None, examples=[{"slow": {"budget": "best of 3 < 2s"}}])
    """A place for YAML anchors; nothing looks at it."""
    suites: dict[Name, Suite] = Field(min_length=1)
    """The suites, by name; a run without `suite` runs the first."""
