"""What a run will do: checks unfolded into cases, live ones left out where the run is not live, cases in stages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from sereno.errors import ConfigurationError
from sereno.reports.model import Effect
from sereno.smoke.suite.check import ANONYMOUS, Check
from sereno.smoke.suite.file import Suite
from sereno.smoke.suite.part import Scalar
from sereno.smoke.suite.reading import Suites
from sereno.smoke.suite.references import variables_of
from sereno.smoke.wishes import Wishes, chosen_suite, variables_of_run


@dataclass(frozen=True, eq=False)
class Case:
    """One request with its expectations: a check, as one role or with one set of variables."""

    name: str
    check: Check
    line: int
    """Where its check begins in smoke.yaml."""
    needs: frozenset[str]
    """The checks that have to pass before."""
    login: str | None = None
    status: int | None = None
    """What the role expects."""
    variables: Mapping[str, Scalar] = field(default_factory=dict)

    @property
    def judged(self) -> bool:
        """Whether `expect`, `capture` and `budget` are about this case: not about roles that are turned away."""
        return self.status is None or self.status < 300

    @property
    def place(self) -> tuple[str, str] | None:
        """Row and role of a case of a role matrix."""
        role = self.login or ANONYMOUS
        return None if self.status is None else (self.name.removesuffix(f" as {role}"), role)


Stage = tuple[Case, ...]
"""Cases that may go on at the same time."""


@dataclass(frozen=True)
class Plan:
    """A run before it begins."""

    suites: Suites
    name: str
    suite: Suite
    stages: tuple[Stage, ...]
    cleanups: tuple[Case, ...]
    left_out: tuple[str, ...]
    """The checks that are not made because the run is not live."""
    variables: Mapping[str, Scalar]
    wishes: Wishes

    @property
    def cases(self) -> Iterator[Case]:
        """Every case, in the order of the file; cleanups last."""
        for stage in self.stages:
            yield from stage
        yield from self.cleanups

    @property
    def effect(self) -> Effect:
        """The most that a case of the run may change."""
        effects = {case.check.changes for case in self.cases}
        return next((each for each in (Effect.LIVE, Effect.DRY_RUN) if each in effects), Effect.READ)


def plan_run(suites: Suites, wishes: Wishes) -> Plan:
    """What `wishes` ask for.

    Raises:
        ConfigurationError: there is no such suite or variable, or nothing is left of the suite without live checks.
    """
    name, suite = chosen_suite(suites.file, wishes.suite)
    variables = variables_of_run(suites.file, wishes.values)
    needs = all_needs(suite.checks)
    left_out = () if wishes.live else _left_out(suite.checks, needs)
    cases = [
        case
        for place, check in enumerate(suite.checks)
        if check.name not in left_out
        for case in unfolded(check, line=suites.line(name, place), needs=needs[check.name])
    ]
    if all(case.check.cleanup for case in cases):
        raise ConfigurationError(
            f"every check of the suite {name} is live or needs one that is; run it with live and confirm_live=YES"
        )
    return Plan(
        suites=suites,
        name=name,
        suite=suite,
        stages=tuple(_staged([case for case in cases if not case.check.cleanup], suite)),
        cleanups=tuple(case for case in cases if case.check.cleanup),
        left_out=left_out,
        variables=variables,
        wishes=wishes,
    )


def all_needs(checks: Sequence[Check]) -> dict[str, frozenset[str]]:
    """What each check needs by name or by a capture that it uses."""
    captured_by = {name: check.name for check in checks for name in check.capture}
    return {
        check.name: frozenset(check.needs)
        | {captured_by[name] for name in variables_of(check) if name in captured_by} - {check.name}
        for check in checks
    }


def unfolded(check: Check, *, line: int, needs: frozenset[str]) -> Iterator[Case]:
    """The cases of a check: one for each role, or each set of variables, or just one."""
    for values in check.each or ({},):
        told = ", ".join(str(value) if value != "" else "''" for value in values.values())
        name = f"{check.name} [{told}]" if told else check.name
        if not check.roles:
            yield Case(name, check, line, needs, login=check.login, variables=values)
        for role, status in (check.roles or {}).items():
            login = None if role == ANONYMOUS else role
            yield Case(f"{name} as {role}", check, line, needs, login=login, status=status, variables=values)


def _left_out(checks: Sequence[Check], needs: Mapping[str, frozenset[str]]) -> tuple[str, ...]:
    out: list[str] = []
    for check in checks:
        if check.changes is Effect.LIVE or any(need in out for need in needs[check.name]):
            out.append(check.name)
    return tuple(out)


def _staged(cases: Sequence[Case], suite: Suite) -> Iterator[Stage]:
    """Neighbours of one group together; everything else, and each dry run that a fingerprint watches, alone."""

    def place(numbered: tuple[int, Case]) -> tuple[str, int]:
        number, case = numbered
        watched = bool(suite.fingerprints) and case.check.changes is Effect.DRY_RUN
        return ("", number) if case.check.group is None or watched else (case.check.group, 0)

    for _, stage in groupby(enumerate(cases), key=place):
        yield tuple(case for _, case in stage)
