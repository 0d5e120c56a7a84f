"""The section `logins`."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, JsonValue, model_validator

from sereno.smoke.suite.part import ExtractionLine, Place, SmokePart
from sereno.systems.secrets import Secret
from sereno.systems.sections.fields import SecretText


class LoginRequest(SmokePart):
    """A request that gives a token. `{{username}}` and `{{password}}` stand for those of the login."""

    post: Place = Field(examples=["/api/auth/login"])
    """Where it goes."""
    json_body: dict[str, JsonValue] | None = Field(
        default=None, alias="json", examples=[{"email": "{{username}}", "password": "{{password}}"}]
    )
    """What it sends, as JSON."""
    form: dict[str, str] | None = Field(default=None, examples=[{"username": "{{username}}"}])
    """What it sends, as a form."""
    token: ExtractionLine = Field(examples=["$.access", "cookie session"])
    """Where the token stands in the answer."""


class Login(SmokePart):
    """How a check says who is asking: a token, a user with a password, or a request that gives a token."""

    token: SecretText | None = Field(default=None, examples=["${POINT_TOKEN}"])
    """The token itself, where there is one for good."""
    username: str | None = Field(default=None, examples=["admin@salon.example", "${POINT_USERNAME}"])
    """The user's name."""
    password: SecretText | None = Field(default=None, examples=["${POINT_PASSWORD}"])
    """The user's password."""
    request: LoginRequest | None = None
    """The request that makes a token of name and password; made once a run, and again after a 401."""
    send: Literal["bearer", "token", "basic"] = Field(default="bearer", examples=["token"])
    """How the `Authorization` header begins. `basic` sends name and password themselves."""
    header: str | None = Field(default=None, pattern=r"^[A-Za-z][A-Za-z0-9-]*$", examples=["X-Api-Key"])
    """Another header that carries the token as it is; for a session cookie, `Cookie` with `cookie`."""
    cookie: str | None = Field(default=None, pattern=r"^[A-Za-z0-9_-]+$", examples=["session"])
    """The cookie that carries the token, in place of a header."""

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        user = self.username is not None and self.password is not None
        if (self.username is None) != (self.password is None):
            raise ValueError("username and password go together")
        ways = [self.token is not None, self.request is not None, self.send == "basic"]
        if sum(ways) != 1:
            raise ValueError("expected exactly one of: token, request with username and password, send: basic")
        if self.token is None and not user:
            raise ValueError("username and password are missing")
        if self.token is not None and user:
            raise ValueError("a login with a token needs no username and password")
        return self

    @property
    def user(self) -> Secret | None:
        """The user's name, with its references."""
        return None if self.username is None else Secret(self.username)
