"""The section `checks`: one request or several of a kind, and what has to be true of the answer."""

from __future__ import annotations

from typing import Annotated, Any, Self

from pydantic import AfterValidator, Field, JsonValue, model_validator

from sereno.reports.model import Effect
from sereno.smoke.suite.part import (
    AssertionLine,
    BudgetLine,
    CheckName,
    ExtractionLine,
    Place,
    Scalar,
    SmokePart,
    Variable,
)
from sereno.systems.sections.fields import Name

METHODS = ("get", "head", "post", "put", "patch", "delete")
SAFE_METHODS = frozenset({"get", "head"})
ANONYMOUS = "anonymous"
"""The role without a login."""


class Capture(SmokePart):
    """A value that later checks use as `{{name}}`."""

    value: ExtractionLine = Field(examples=["$.access"])
    """Where it stands in the answer."""
    secret: bool = Field(default=False, examples=[True])
    """Whether it is never shown, in no log, report or error text."""


class Walk(SmokePart):
    """Going through the pages of a list: no key twice, none left out."""

    keys: ExtractionLine = Field(examples=["$.items[*].id"])
    """The keys of a page's rows."""
    next: ExtractionLine | None = Field(default=None, examples=["$.pagination.next_offset", "$.next"])
    """What the next page is asked by: a value for `parameter`, or a whole URL; the walk ends where it is null."""
    parameter: str | None = Field(default=None, min_length=1, max_length=100, examples=["offset", "page"])
    """The query parameter that says which page; counted from 1 where there is no `next`."""
    total: ExtractionLine | None = Field(default=None, examples=["$.totals.rows_total"])
    """How many rows all pages have."""
    at_most_pages: int = Field(default=20, ge=2, le=1_000, examples=[20])
    """After how many pages the walk ends."""

    @model_validator(mode="after")
    def _has_a_way(self) -> Self:
        if self.next is None and self.parameter is None:
            raise ValueError("expected `next`, `parameter` or both: how is the next page asked for?")
        return self


def _told_apart(items: tuple[dict[str, Any], ...]) -> tuple[dict[str, Any], ...]:
    if len({str(item) for item in items}) != len(items):
        raise ValueError("two items are the same")
    if len({frozenset(item) for item in items}) > 1:
        raise ValueError("every item needs the same keys")
    return items


class Check(SmokePart):
    """A request, who makes it, what it may change, and what has to be true of the answer."""

    name: CheckName = Field(examples=["the history is sorted"])
    """What the check is called in every report; once in a suite."""
    get: Place | None = Field(default=None, examples=["/api/users?limit=5"])
    """GET this path below the base URL, or this URL."""
    head: Place | None = Field(default=None, examples=["/health"])
    """HEAD it."""
    post: Place | None = Field(default=None, examples=["/api/users"])
    """POST to it."""
    put: Place | None = Field(default=None, examples=["/api/users/{{user}}"])
    """PUT it."""
    patch: Place | None = Field(default=None, examples=["/api/users/{{user}}"])
    """PATCH it."""
    delete: Place | None = Field(default=None, examples=["/api/users/{{user}}"])
    """DELETE it."""
    query: dict[str, Scalar] = Field(default={}, examples=[{"limit": 5, "sort_dir": "desc"}])
    """Query parameters, added to those of the path."""
    headers: dict[str, str] = Field(default={}, examples=[{"Accept-Language": "pt"}])
    """Further request headers; values may hold `${SECRET}`."""
    json_body: JsonValue = Field(default=None, alias="json", examples=[{"dry_run": True, "idle_days": "{{idle_days}}"}])
    """The body, sent as JSON; `{{name}}` alone keeps the value's type."""
    form: dict[str, str] | None = Field(default=None, examples=[{"email": "nobody@salon.example"}])
    """The body, sent as a form."""
    text: str | None = Field(default=None, examples=["not JSON"])
    """The body as it is."""
    effect: Effect | None = Field(default=None, examples=["dry-run"])
    """What the request changes: `read` nothing, `dry-run` nothing because it asks for a preview, `live` something.
    Default for GET and HEAD: `read`; every other request has to say it."""
    login: Name | None = Field(default=None, examples=["admin"])
    """Who asks; nobody where it is left out."""
    roles: dict[Name, int] | None = Field(
        default=None, min_length=1, examples=[{"admin": 200, "readonly": 403, "anonymous": 401}]
    )
    """Ask once as each of these logins (`anonymous` for none) and expect that status. `expect`, `capture` and `budget`
    are about those whose status is below 300."""
    each: Annotated[tuple[dict[Variable, Scalar], ...], AfterValidator(_told_apart)] = Field(
        default=(), examples=[[{"role": "boss"}, {"role": ""}]]
    )
    """Make the request once for each of these sets of variables."""
    expect: tuple[AssertionLine, ...] = Field(
        default=(), examples=[["status == 200", "$.results count <= 5", "duration < 300ms"]]
    )
    """What has to be true, an assertion a line. Where none is about the status it has to be from 200 to 299."""
    capture: dict[Variable, ExtractionLine | Capture] = Field(
        default={}, examples=[{"user": "$.id"}, {"token": {"value": "$.access", "secret": True}}]
    )
    """Values of the answer for later checks, by name."""
    walk: Walk | None = None
    """Go through all pages."""
    budget: BudgetLine | None = Field(default=None, examples=["best of 3 < 300ms", "p95 of 20 < 250ms"])
    """How long the answer may take; requests that change nothing are repeated for it."""
    needs: tuple[CheckName, ...] = Field(default=(), examples=[["create a user"]])
    """Checks that have to pass before; else this one is skipped. A capture that is used is needed by itself."""
    group: Name | None = Field(default=None, examples=["lists"])
    """Neighbours of the same group go on at the same time."""
    cleanup: bool = Field(default=False, examples=[True])
    """Whether it undoes what others did: it is made at the end, whatever happened, if its captures are there."""
    touches_database: bool = Field(default=False, examples=[True])
    """Whether the answer cannot be right while the database is down. Each suite has such a check."""
    required: bool = Field(default=True, examples=[False])
    """Whether the run fails when it does not pass."""
    retries: int = Field(default=0, ge=0, le=5, examples=[2])
    """How often a request that changes nothing is made again after no answer, 429, 502, 503 or 504. A check that passes
    only then is flaky, not green."""
    follow_redirects: int = Field(default=0, ge=0, le=10, examples=[1])
    """How many redirects are followed."""
    timeout_seconds: float | None = Field(default=None, gt=0, le=600, examples=[5])
    """How long the whole answer may take. Default: that of the file."""
    at_most_bytes: int | None = Field(default=None, ge=1, le=1_000_000_000, examples=[1_000_000])
    """How large the body may be, also once it is unpacked. Default: that of the file."""
    volatile: tuple[ExtractionLine, ...] = Field(default=(), examples=[["$.totals.by_action"]])
    """Parts of the JSON whose keys come and go, so that they are no drift of its shape."""

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        for wrong in (self._wrong_request(), self._wrong_effect(), self._wrong_expectation()):
            if wrong:
                raise ValueError(wrong)
        return self

    @property
    def method(self) -> str:
        """The request's method, in small letters."""
        return next(method for method in METHODS if getattr(self, method) is not None)

    @property
    def path(self) -> str:
        """The path or URL, with its `{{names}}`."""
        return str(getattr(self, self.method))

    @property
    def changes(self) -> Effect:
        """What the request may change."""
        return self.effect or Effect.READ

    @property
    def repeatable(self) -> bool:
        """Whether the request can be made again without asking."""
        return self.changes is Effect.READ and self.method in SAFE_METHODS

    @property
    def extractions(self) -> dict[str, Capture]:
        """The captures in their long form."""
        return {
            name: each if isinstance(each, Capture) else Capture(value=each.text) for name, each in self.capture.items()
        }

    def _wrong_request(self) -> str | None:
        if sum(getattr(self, method) is not None for method in METHODS) != 1:
            return f"expected exactly one of {', '.join(METHODS)}"
        if sum(body is not None for body in (self.json_body, self.form, self.text)) > 1:
            return "expected at most one of json, form and text"
        return None

    def _wrong_effect(self) -> str | None:
        if self.effect is None and self.method not in SAFE_METHODS:
            return f"a {self.method.upper()} has to say its effect: read, dry-run or live"
        if self.effect is Effect.LIVE and self.method in SAFE_METHODS:
            return f"a {self.method.upper()} that changes something is no check"
        if self.retries and not self.repeatable:
            return "retries are for GET and HEAD alone: nothing else is safe to repeat"
        if self.budget and self.budget.samples > 1 and not self.repeatable:
            return "a budget of several measurements is for GET and HEAD alone: nothing else is safe to repeat"
        return None

    def _wrong_expectation(self) -> str | None:
        if self.roles and self.login:
            return "login and roles exclude each other: a role is a login"
        if self.roles and any(not 100 <= status <= 599 for status in self.roles.values()):
            return "a role's expectation is a status from 100 to 599"
        if self.roles and any(line.query.name == "status" for line in self.expect):
            return "the roles say the status already"
        if self.roles and (self.expect or self.capture or self.budget) and min(self.roles.values()) >= 300:
            return "expect, capture and budget are about roles with a status below 300, and there is none"
        if not (self.expect or self.roles or self.cleanup):
            return "expects nothing; write what has to be true under expect"
        if (
            self.touches_database
            and not self.roles
            and all(line.query.name in {"status", "duration"} for line in self.expect)
        ):
            return "a status alone does not show that the database lives; assert something of the content"
        if self.walk and (self.method != "get" or self.each or self.roles):
            return "a walk is a single GET"
        return None
