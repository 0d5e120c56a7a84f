"""What is wrong between the parts of a smoke.yaml: logins, fingerprints, needs and captures that are not there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sereno.smoke.grammar import Assertion
from sereno.smoke.grammar.expressions import Predicate
from sereno.smoke.grammar.values import Reference, Value
from sereno.smoke.near import near
from sereno.smoke.suite.check import ANONYMOUS, Check
from sereno.smoke.suite.file import SmokeFile, Suite
from sereno.smoke.templates import names_in
from sereno.systems.secrets import Secret, names_secret
from sereno.systems.yaml_document import KeyPath

BUILT_IN = frozenset({"run", "now", "today"})
"""Names that every run gives values to: a word that no other run has, the time, and the day."""
_NO_MERGE = "merges (<<) are not read here; write the keys out, or refer to a whole value by *name"
_LOGIN_NAMES = frozenset({"username", "password"})

Wrong = tuple[KeyPath, str]


def problems_between(file: SmokeFile) -> Iterator[Wrong]:
    """Each thing that is wrong, with the keys that lead to its place."""
    if file.operator is not None and file.operator not in file.logins:
        yield ("operator",), f"there is no login {file.operator!r}{near(file.operator, file.logins)}"
    if ANONYMOUS in file.logins:
        yield ("logins", ANONYMOUS), f"{ANONYMOUS} is the role without a login; choose another name"
    yield from _of_headers(("headers",), file.headers)
    for name, value in file.variables.items():
        if names_secret(str(value)):
            yield ("variables", name), "a secret stands under logins or in headers; a variable is shown"
    for name, fingerprint in file.fingerprints.items():
        if fingerprint.login is not None and fingerprint.login not in file.logins:
            yield ("fingerprints", name, "login"), f"there is no login {fingerprint.login!r}"
        known = BUILT_IN | set(file.variables)
        for unknown in set(names_in(fingerprint.get or "")) - known:
            yield ("fingerprints", name, "get"), f"{{{{{unknown}}}}} has no value here"
    for name, login in file.logins.items():
        request = login.request
        if request and _merges(request.json_body):
            yield ("logins", name, "request", "json"), _NO_MERGE
        for unknown in set(names_in([request.post, request.json_body, request.form]) if request else ()):
            if unknown not in BUILT_IN | set(file.variables) | _LOGIN_NAMES:
                yield ("logins", name, "request"), f"{{{{{unknown}}}}} has no value here"
    for name, suite in file.suites.items():
        for path, text in _of_suite(suite, file):
            yield ("suites", name, *path), text


def _of_suite(suite: Suite, file: SmokeFile) -> Iterator[Wrong]:
    for place, name in enumerate(suite.fingerprints):
        if name not in file.fingerprints:
            yield ("fingerprints", place), f"there is no fingerprint {name!r}{near(name, file.fingerprints)}"
    if suite.without_database is None and not any(check.touches_database for check in suite.checks):
        yield (
            (),
            "no check shows that the database lives; mark one whose answer cannot be right without it with "
            "touches_database: true, or say under without_database why there is none",
        )
    for place, check in enumerate(suite.checks):
        yield from _of_secrets(("checks", place), check)
    yield from _of_names(suite)
    yield from _of_logins(suite, file)
    yield from _of_needs(suite)
    yield from _of_variables(suite, file)


def _of_secrets(path: KeyPath, check: Check) -> Iterator[Wrong]:
    """A reference where none is followed would be sent as it is written."""
    for key, part in (
        *((check.method, check.path), ("query", check.query), ("json", check.json_body)),
        *(("form", check.form), ("text", check.text)),
    ):
        if any(map(names_secret, _texts(part))):
            yield (*path, key), "a secret stands under logins or in headers; here it would be sent as it is written"
    yield from _of_headers((*path, "headers"), check.headers)
    if _merges(check.json_body):
        yield (*path, "json"), _NO_MERGE


def _of_headers(path: KeyPath, headers: Mapping[str, str]) -> Iterator[Wrong]:
    for name, value in headers.items():
        try:
            Secret(value)
        except ValueError as error:
            yield (*path, name), str(error)


def _merges(value: Any) -> bool:
    """Whether a YAML merge stands in a body, which would be sent as a key of its own."""
    if isinstance(value, dict):
        return "<<" in value or any(map(_merges, value.values()))
    return isinstance(value, list) and any(map(_merges, value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ():
        yield from _texts(item)


def _of_names(suite: Suite) -> Iterator[Wrong]:
    seen: dict[str, int] = {}
    captured: dict[str, str] = {}
    for place, check in enumerate(suite.checks):
        if check.name in seen:
            yield ("checks", place, "name"), f"{check.name!r} is the name of check {seen[check.name] + 1} already"
        seen.setdefault(check.name, place)
        for name in check.capture:
            if name in captured or name in BUILT_IN:
                by = f"captured by {captured[name]!r}" if name in captured else "given by every run"
                yield ("checks", place, "capture", name), f"{{{{{name}}}}} is {by} already"
            captured.setdefault(name, check.name)
        if check.capture and (check.each or (check.roles and _below_300(check) != 1)):
            yield ("checks", place, "capture"), "a check of several requests cannot capture: whose value would it be?"


def _below_300(check: Check) -> int:
    return sum(status < 300 for status in (check.roles or {}).values())


def _of_logins(suite: Suite, file: SmokeFile) -> Iterator[Wrong]:
    for place, check in enumerate(suite.checks):
        if check.login is not None and check.login not in file.logins:
            yield ("checks", place, "login"), f"there is no login {check.login!r}{near(check.login, file.logins)}"
        for role in check.roles or {}:
            if role != ANONYMOUS and role not in file.logins:
                yield ("checks", place, "roles", role), f"there is no login {role!r}{near(role, file.logins)}"


def _of_needs(suite: Suite) -> Iterator[Wrong]:
    places = {check.name: place for place, check in enumerate(suite.checks)}
    if cycle := _cycle(suite.checks, places):
        yield ("checks", places[cycle[0]], "needs"), f"needs itself: {' → '.join(cycle)}"
        return
    for place, check in enumerate(suite.checks):
        for number, need in enumerate(check.needs):
            path = ("checks", place, "needs", number)
            if need not in places:
                yield path, f"there is no check {need!r}{near(need, places)}"
            elif places[need] > place:
                yield path, f"{need!r} stands later; checks are made in the order in which they stand"
            elif suite.checks[places[need]].cleanup and not check.cleanup:
                yield path, f"{need!r} is a cleanup, and is made last"


def _cycle(checks: Sequence[Check], places: dict[str, int]) -> list[str] | None:
    """The names around a circle of needs, the first repeated at the end; None when there is none."""
    done: set[str] = set()
    for check in checks:
        path: list[str] = []
        stack = [(check.name, False)]
        while stack:
            name, leaving = stack.pop()
            if leaving:
                path.pop()
                done.add(name)
            elif name in path:
                return [*path[path.index(name) :], name]
            elif name in places and name not in done:
                path.append(name)
                stack.append((name, True))
                stack += [(need, False) for need in checks[places[name]].needs]
    return None


def _of_variables(suite: Suite, file: SmokeFile) -> Iterator[Wrong]:
    known = BUILT_IN | set(file.variables)
    for place, check in enumerate(suite.checks):
        earlier = {
            name for other in suite.checks[:place] if check.cleanup or not other.cleanup for name in other.capture
        }
        inside = {name for item in check.each for name in item}
        for unknown in sorted(variables_of(check) - known - earlier - inside):
            later = any(unknown in other.capture for other in suite.checks)
            hint = "is captured later" if later else f"has no value{near(unknown, sorted(known | earlier | inside))}"
            yield ("checks", place), f"{{{{{unknown}}}}} {hint}"


def variables_of(check: Check) -> set[str]:
    """The names of everything that the request and the assertions of `check` refer to."""
    request = (check.path, check.query, check.headers, check.json_body, check.form, check.text)
    return set(names_in(list(request))) | {name for line in check.expect for name in _names_of(line)}


def _names_of(assertion: Assertion) -> Iterator[str]:
    predicates: list[Predicate | None] = [assertion.predicate, assertion.predicate.inner]
    operands = [each.operands for each in predicates if each] + [each.operands for each in assertion.filters]
    for group in operands:
        yield from _references(list(group))


def _references(value: Value) -> Iterator[str]:
    if isinstance(value, Reference):
        yield value.name
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
