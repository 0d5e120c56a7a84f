"""Suites of a few lines, run against a server."""

from __future__ import annotations

from typing import Any

from sereno.smoke.outcome import CaseResult, SuiteRun
from sereno.smoke.running import run_plan
from unit.smoke_case import plan_of, suite_of

LOGIN = (
    "logins: {admin: {username: maria, password: '${SMOKE_PASSWORD}', "
    "request: {post: /login, json: {user: '{{username}}', password: '{{password}}'}, token: $.access}}}"
)
"""A login by user and password, whose password is the variable SMOKE_PASSWORD."""


def run_of(checks: str, base_url: str, *, head: str = "", suite: str = "", **wishes: Any) -> SuiteRun:
    head = f"{head}\ntimeout_seconds: 5"
    return run_plan(plan_of(suite_of(checks, head=head, suite=suite), base_url=base_url, **wishes))


def result_of(check: str, base_url: str, *, head: str = "", **wishes: Any) -> CaseResult:
    (result,) = run_of(check, base_url, head=head, **wishes).results
    return result


def asking(path: str, *expect: str, more: str = "") -> str:
    return f"{{name: a, get: {path}, {more} expect: [{', '.join(expect) or 'status == 200'}]}}"
