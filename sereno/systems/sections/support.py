"""The section `support`: what operators do for people who write in."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import Field, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import SecretText, SecretUrl

Path = Annotated[str, Field(pattern=r"^/[^\s?#]*$", max_length=300)]


class ApiField(Part):
    """One member of what a login is told."""

    name: str = Field(min_length=1, max_length=100, examples=["email"])
    """What the API calls it."""
    value: SecretText = Field(examples=["${SALONIX_OPS_SUPPORT_PASSWORD}"])
    """A reference to its value."""


class ApiLogin(Part):
    """How a token is had: a POST with a JSON object."""

    path: Path = Field(examples=["/api/ops/auth/login/"])
    """Where, below the API's address."""
    fields: tuple[ApiField, ...] = Field(
        min_length=1, max_length=8, examples=[[{"name": "email", "value": "${SALONIX_OPS_SUPPORT_EMAIL}"}]]
    )
    """What is sent."""
    token: str = Field(default="$.access", pattern=r"^\$", max_length=200, examples=["$.data.access_token"])
    """Where the token stands in the answer, as JSONPath."""


class Api(Part):
    """The system's own API, for what it does better than a statement: an API really sends a notification."""

    base_url: SecretUrl = Field(examples=["${SALONIX_BASE_URL}"])
    """Its address, such as `https://api.salonix.example`."""
    login: ApiLogin
    """How a token is had."""
    scheme: str = Field(default="Bearer", pattern=r"^[A-Za-z]+$", examples=["Bearer", "Token"])
    """What stands before the token in the header `Authorization`."""
    timeout_seconds: int = Field(default=30, ge=1, le=600, examples=[30])
    """How long one answer may take. What became of a call that took longer is asked of the database."""


class Call(Part):
    """One call of the API: a POST with a JSON object."""

    path: Path = Field(examples=["/api/ops/alerts/{id}/resolve/"])
    """Where, below the API's address; `{id}` stands for the id."""
    body: dict[str, str] = Field(default={}, examples=[{"notification_log_id": "{id}"}])
    """What is sent; a value `{id}` is the id as the database has it, `{note}` the operator's note."""
    done: tuple[int, ...] = Field(default=(200,), min_length=1, examples=[[200]])
    """The answers that say that it was done."""
    failed: tuple[int, ...] = Field(default=(), examples=[[202]])
    """The answers that say that it was tried and did not work. Any other one is an error."""


class Notifications(Part):
    """The job `resend_notifications`."""

    call: Call | None = None
    """Sends one again through the API. Without it `sql/notifications.mark_sent.sql` marks it, and nothing is sent."""


class Lockouts(Part):
    """The job `clear_lockout`."""

    ops_admin: tuple[str, ...] = Field(default=(), max_length=100, examples=[["ana.ops"]])
    """Who may: the actors, as the audit chain calls them. Nobody where it is empty."""
    call: Call | None = None
    """Clears one through the API. Default: by `sql/lockouts.clear.sql`."""


class Alerts(Part):
    """The job `resolve_alert`."""

    call: Call | None = None
    """Resolves one through the API. Default: by `sql/alerts.resolve.sql`."""


class Support(Part):
    """What is offered of support operations; each part has SQL files of its own."""

    api: Api | None = None
    """The system's own API. Needed where one of the others has a `call`."""
    notifications: Notifications | None = None
    """Sending a notification again. Needs `sql/notifications.candidates.sql` and `sql/notifications.read.sql`."""
    lockouts: Lockouts | None = None
    """Letting a locked-out user in. Needs `sql/lockouts.read.sql`."""
    alerts: Alerts | None = None
    """Resolving an alert. Needs `sql/alerts.read.sql`."""

    @model_validator(mode="after")
    def _has_an_api_to_call(self) -> Self:
        if self.api is None and any(part and part.call for part in (self.notifications, self.lockouts, self.alerts)):
            raise ValueError("a call needs support.api, which says where the API is and how to log in")
        return self
