"""Running a plan: stages one after the other, cases of a stage at the same time, cleanups whatever happened."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any

from sereno.progress import Meter, Progress, silent
from sereno.reports.model import Effect
from sereno.settings import Settings
from sereno.smoke.answers import Answer
from sereno.smoke.case import made
from sereno.smoke.fingerprints import UnreadableFingerprintError, changed, taken
from sereno.smoke.grammar import Context
from sereno.smoke.http_client import HttpClient
from sereno.smoke.logins import Logins
from sereno.smoke.outcome import CaseResult, Outcome, SuiteRun
from sereno.smoke.pacing import Pace, Sleep
from sereno.smoke.plan import Case, Plan, Stage
from sereno.smoke.request import Request, headers_of, url_of
from sereno.smoke.seen import Surroundings
from sereno.smoke.suite.file import Fingerprint
from sereno.smoke.suite.references import variables_of
from sereno.smoke.target import Target, target_of

GIVE_UP_AFTER = 3
"""Cases without any answer, one after the other, after which the rest is skipped: the system is down."""


def run_plan(plan: Plan, *, settings: Settings | None = None, progress: Progress = silent) -> SuiteRun:
    """Run `plan` to its end; `progress` hears of each case that is over.

    Raises:
        ConfigurationError: the base URL, or a certificate file, cannot be used.
        RefusedError: the logins may not be sent to the base URL.
    """
    target = target_of(plan.suites.file, plan.wishes, settings)
    return asyncio.run(_Run(plan, target, progress).to_its_end())


class _Run:
    def __init__(self, plan: Plan, target: Target, progress: Progress, *, sleep: Sleep = asyncio.sleep) -> None:
        self._plan, self._target, self._sleep = plan, target, sleep
        self._file = plan.suites.file
        self._started_at = datetime.now(UTC)
        self._meter = Meter(sum(1 for _ in plan.cases), progress)
        self._results: dict[Case, CaseResult] = {}
        self._without_answer = 0
        self._gate = asyncio.Semaphore(plan.suite.parallel)

    async def to_its_end(self) -> SuiteRun:
        pace = Pace(self._file.requests_per_minute, clock=time.monotonic, sleep=self._sleep)
        async with HttpClient(self._target, pace) as client:
            self._around = self._surroundings(client)
            try:
                for stage in self._plan.stages:
                    await self._run_stage(stage)
            finally:
                for case in self._plan.cleanups:
                    await self._clean_up(case)
        return SuiteRun(
            system=self._plan.suites.system,
            suite=self._plan.name,
            where=self._plan.suites.where,
            base_url=self._target.base_url,
            effect=self._plan.effect,
            started_at=self._started_at,
            finished_at=datetime.now(UTC),
            results=tuple(self._results[case] for case in self._plan.cases if case in self._results),
            left_out=self._plan.left_out,
            requests=client.requests,
            insecure=self._target.insecure,
            notes=self._notes(),
        )

    def _surroundings(self, client: HttpClient) -> Surroundings:
        built_in = {"run": token_hex(4), "now": self._started_at.isoformat(), "today": f"{self._started_at:%Y-%m-%d}"}
        variables: Mapping[str, Any] = {**self._plan.variables, **built_in}
        operator = self._file.operator or next(iter(self._file.logins), None)
        logins = Logins(
            self._file.logins,
            client=client,
            target=self._target,
            variables=variables,
            headers=self._file.headers,
            now=self._started_at,
            operator=operator,
            credentials=self._plan.wishes.credentials,
        )
        return Surroundings(
            client=client,
            logins=logins,
            target=self._target,
            sleep=self._sleep,
            headers=self._file.headers,
            context=Context(now=self._started_at, variables=variables),
        )

    async def _run_stage(self, stage: Stage) -> None:
        waiting: dict[str, int] = {}
        for case in stage:
            waiting[case.check.name] = waiting.get(case.check.name, 0) + 1
        here = {name: asyncio.Event() for name in waiting}

        async def one(case: Case) -> None:
            for need in case.needs & here.keys() - {case.check.name}:
                await here[need].wait()
            async with self._gate:
                self._note(case, await self._result(case))
            waiting[case.check.name] -= 1
            if not waiting[case.check.name]:
                here[case.check.name].set()

        if len(stage) == 1:
            await one(stage[0])
            return
        async with asyncio.TaskGroup() as group:
            for case in stage:
                group.create_task(one(case))

    async def _result(self, case: Case) -> CaseResult:
        if (missed := self._missed(case)) is not None:
            return self._skipped(case, f"it needs {missed!r}, which did not pass")
        if self._without_answer >= GIVE_UP_AFTER:
            return self._skipped(case, f"the {GIVE_UP_AFTER} checks before had no answer, so the rest is not asked")
        if self._watched(case):
            return await self._between_fingerprints(case)
        return await self._made_now(case)

    async def _made_now(self, case: Case) -> CaseResult:
        # the time now, so that ages are counted from the answer and not from the run's beginning
        around = replace(self._around, context=replace(self._around.context, now=datetime.now(UTC)))
        return await made(case, around)

    def _missed(self, case: Case) -> str | None:
        """A check that `case` needs and that did not pass."""
        passed = dict.fromkeys(case.needs, True)
        for other, result in self._results.items():
            if other.check.name in passed:
                passed[other.check.name] &= result.passed
        return next((name for name, well in passed.items() if not well), None)

    def _note(self, case: Case, result: CaseResult) -> None:
        self._results[case] = result
        if result.outcome is not Outcome.SKIPPED:
            self._without_answer = self._without_answer + 1 if result.unreachable else 0
        self._meter.add(1, result.name)

    async def _clean_up(self, case: Case) -> None:
        """Undo what there is to undo: a check that captured nothing left nothing behind."""
        captures = {name for check in self._plan.suite.checks for name in check.capture}
        missing = variables_of(case.check) & captures - self._around.captures.keys()
        if missing or any(need not in self._checks_passed() for need in case.check.needs):
            return
        self._note(case, await self._made_now(case))

    def _checks_passed(self) -> set[str]:
        failed = {case.check.name for case, result in self._results.items() if not result.passed}
        return {case.check.name for case in self._results} - failed

    def _watched(self, case: Case) -> bool:
        return bool(self._plan.suite.fingerprints) and case.check.changes is Effect.DRY_RUN

    async def _between_fingerprints(self, case: Case) -> CaseResult:
        try:
            before = await self._print()
            result = await self._made_now(case)
            different = changed(before, await self._print())
        except UnreadableFingerprintError as error:
            return replace(self._skipped(case, str(error)), outcome=Outcome.FAILED)
        if not different:
            return replace(result, evidence="\n".join(filter(None, (result.evidence, "nothing was changed"))))
        told = f"the dry run changed {', '.join(different)}"
        return replace(result, outcome=Outcome.FAILED, evidence="\n".join(filter(None, (told, result.evidence))))

    async def _print(self) -> dict[str, str]:
        named = {name: self._file.fingerprints[name] for name in self._plan.suite.fingerprints}
        return await taken(named, system=self._plan.suites.system, ask=self._ask, context=self._around.context)

    async def _ask(self, fingerprint: Fingerprint) -> Answer:
        variables = self._around.context.variables
        url = url_of(fingerprint.get or "/", base_url=self._target.base_url, variables=variables)
        credentials = await self._around.logins.headers(fingerprint.login, url=url)
        headers = headers_of(self._file.headers, variables) if self._target.owns(url) else {}
        return await self._around.client.send(Request("GET", url, headers, credentials=credentials))

    def _skipped(self, case: Case, why: str) -> CaseResult:
        return CaseResult(
            name=case.name,
            check=case.check.name,
            line=case.line,
            outcome=Outcome.SKIPPED,
            required=case.check.required,
            effect=case.check.changes,
            evidence=why,
            method=case.check.method.upper(),
            url=case.check.path,
            login=case.login or "",
            started_seconds=time.perf_counter() - self._around.started,
            matrix=case.place,
            expected_status=case.status,
        )

    def _notes(self) -> tuple[str, ...]:
        given, operator = self._plan.wishes.credentials, self._file.operator or next(iter(self._file.logins), None)
        notes = []
        if given and operator is not None:
            notes.append(f"the login {operator} used the credentials that the caller gave")
        if self._target.insecure:
            notes.append("the server's certificate was not verified")
        return tuple(notes)
