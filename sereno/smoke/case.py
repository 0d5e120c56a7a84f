"""One case from its request to its result."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sereno import redaction
from sereno.errors import SerenoError
from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Assertion, Context, Unfit, extract, judge
from sereno.smoke.http_client import HttpClient, NoAnswerError
from sereno.smoke.logins import LoginFailedError, Logins
from sereno.smoke.outcome import CaseResult, Outcome
from sereno.smoke.pacing import Sleep
from sereno.smoke.plan import Case
from sereno.smoke.request import Request, curl, request_of
from sereno.smoke.shape import shape_of
from sereno.smoke.target import Target
from sereno.smoke.walking import walked

_TRY_AGAIN = frozenset({429, 502, 503, 504})
_BEST_OF = 3  # of a `duration` in `expect`, where the request can be repeated
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0


@dataclass(kw_only=True)
class Surroundings:
    """What the cases of a run share."""

    client: HttpClient
    logins: Logins
    target: Target
    sleep: Sleep
    headers: Mapping[str, str]
    context: Context
    captures: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def variables(self, case: Case) -> dict[str, Any]:
        """What `case` may refer to."""
        return {**self.context.variables, **self.captures, **case.variables}


@dataclass
class _Seen:
    """What is known of a case so far."""

    case: Case
    request: Request | None = None
    answer: Answer | None = None
    tries: int = 0
    wrong: list[str] = field(default_factory=list)
    held: list[str] = field(default_factory=list)
    measured: list[float] = field(default_factory=list)

    def judged(self, text: str, passed: bool, evidence: str = "") -> None:
        if passed:
            self.held.append(f"{text}: {evidence}" if evidence else text)
        else:
            self.wrong.append(f"{text}: {evidence}" if evidence else text)


async def made(case: Case, around: Surroundings) -> CaseResult:
    """Make the request of `case`, judge the answer, and keep what it captures."""
    began = time.perf_counter()
    seen = _Seen(case)
    shape: dict[str, str] | None = None
    try:
        answer = await _answered(seen, around)
        if case.judged:
            _keep_secrets(case, answer, around)
        await _judge(seen, answer, around)
        if not seen.wrong and case.judged:
            _capture(seen, answer, around)
            shape = _shape(case, answer, around)
    except (NoAnswerError, LoginFailedError, SerenoError) as error:
        seen.wrong.append(str(error))
    return _result(seen, around, began=began, shape=shape)


async def _answered(seen: _Seen, around: Surroundings) -> Answer:
    """The answer at the first try, or at a later one where the check allows it."""
    check = seen.case.check
    seen.request = request_of(
        seen.case, base_url=around.target.base_url, headers=around.headers, variables=around.variables(seen.case)
    )
    wait = _FIRST_WAIT_SECONDS
    while True:
        seen.tries += 1
        try:
            seen.answer = await _sent(seen, around)
            if seen.tries > check.retries or seen.answer.status not in _TRY_AGAIN or _wanted(seen):
                return seen.answer
            wait = max(wait, _asked_wait(seen.answer))
        except NoAnswerError as error:
            if seen.tries > check.retries or not error.again:
                raise
        await around.sleep(min(wait, _LONGEST_WAIT_SECONDS))
        wait *= 2


async def _sent(seen: _Seen, around: Surroundings) -> Answer:
    """One answer; after a 401 that nobody expects, once more with a new login."""
    case, request = seen.case, seen.request
    assert request is not None
    credentials = await around.logins.headers(case.login, url=request.url)
    seen.request = request = replace(request, credentials=credentials)
    answer = await _exchanged(request, case, around)
    if answer.status == 401 and not _expects_401(case) and around.logins.renew(case.login, credentials):
        renewed = await around.logins.headers(case.login, url=request.url)
        seen.request = replace(request, credentials=renewed)
        answer = await _exchanged(seen.request, case, around)
    return answer


async def _exchanged(request: Request, case: Case, around: Surroundings) -> Answer:
    check = case.check
    return await around.client.send(
        request,
        redirects=check.follow_redirects,
        timeout_seconds=check.timeout_seconds,
        at_most=check.at_most_bytes,
    )


async def _judge(seen: _Seen, answer: Answer, around: Surroundings) -> None:
    case, check = seen.case, seen.case.check
    if case.status is not None:
        seen.judged(
            f"status == {case.status}",
            answer.status == case.status,
            _found_status(answer, wanted=answer.status == case.status),
        )
    elif not any(line.query.name == "status" for line in check.expect):
        seen.judged(
            "status between 200 and 299",
            200 <= answer.status < 300,
            _found_status(answer, wanted=200 <= answer.status < 300),
        )
    if not case.judged:
        return
    context = replace(around.context, variables=around.variables(case))
    for line in check.expect:
        if line.query.name != "duration":
            judgement = judge(line, answer, context)
            seen.judged(line.text, judgement.passed, judgement.evidence)
    seen.measured.append(answer.seconds)
    if seen.wrong:
        return
    await _judge_durations(seen, [line for line in check.expect if line.query.name == "duration"], around, context)
    await _judge_budget(seen, around)
    if check.walk is not None:
        passed, evidence = await walked(check.walk, answer, send=lambda url: _page(seen, url, around), context=context)
        seen.judged("every page", passed, evidence)


def _found_status(answer: Answer, *, wanted: bool) -> str:
    return "" if wanted else f"found {answer.status}"


async def _judge_durations(seen: _Seen, lines: list[Assertion], around: Surroundings, context: Context) -> None:
    """On the best of three, where the request can be repeated: a single slow answer is no news."""
    assert seen.answer is not None
    while True:
        best = replace(seen.answer, seconds=min(seen.measured))
        judgements = [judge(line, best, context) for line in lines]
        enough = len(seen.measured) >= _BEST_OF or not seen.case.check.repeatable
        if enough or all(judgement.passed for judgement in judgements):
            break
        await _measure(seen, around)
    for judgement in judgements:
        seen.judged(judgement.text, judgement.passed, judgement.evidence)


async def _judge_budget(seen: _Seen, around: Surroundings) -> None:
    budget = seen.case.check.budget
    if budget is None:
        return
    while not budget.enough(seen.measured):
        await _measure(seen, around)
    figure = budget.judged(seen.measured)
    seen.judged(budget.text, figure < budget.seconds, f"{figure * 1000:,.0f} ms of {len(seen.measured)} measured")


async def _measure(seen: _Seen, around: Surroundings) -> None:
    assert seen.request is not None
    assert seen.answer is not None
    again = await _exchanged(seen.request, seen.case, around)
    if again.status != seen.answer.status:
        raise NoAnswerError(f"asked again to measure it, it answered with status {again.status}", again=False)
    seen.measured.append(again.seconds)


async def _page(seen: _Seen, url: str, around: Surroundings) -> Answer:
    assert seen.request is not None
    request = replace(seen.request, url=url)
    if request.origin != seen.request.origin:
        raise NoAnswerError("the next page is on another host", again=False)
    return await _exchanged(request, seen.case, around)


def _expects_401(case: Case) -> bool:
    return 401 in _statuses(case)


def _wanted(seen: _Seen) -> bool:
    """Whether a status such as 503 is what the check asks for."""
    return seen.answer is not None and seen.answer.status in _statuses(seen.case)


def _statuses(case: Case) -> set[int]:
    """The statuses that a case names."""
    operands = [each for line in case.check.expect if line.query.name == "status" for each in line.predicate.operands]
    named = {
        item for each in operands for item in (each if isinstance(each, list) else [each]) if isinstance(item, int)
    }
    return named if case.status is None else {case.status}


def _asked_wait(answer: Answer) -> float:
    """Seconds that the system asked for by Retry-After."""
    asked = (answer.header("Retry-After") or "").strip()
    return float(asked) if asked.isdigit() and len(asked) < 6 else 0.0


def _keep_secrets(case: Case, answer: Answer, around: Surroundings) -> None:
    """Tell the redactor about secret captures before anything of the answer is judged and shown."""
    for capture in case.check.extractions.values():
        if capture.secret:
            try:
                value = extract(capture.value, answer, around.context)
            except Unfit:
                continue
            redaction.remember(value if isinstance(value, str) else str(value))


def _capture(seen: _Seen, answer: Answer, around: Surroundings) -> None:
    for name, capture in seen.case.check.extractions.items():
        try:
            around.captures[name] = extract(capture.value, answer, around.context)
        except Unfit as unfit:
            seen.wrong.append(f"{name} cannot be captured by {capture.value.text}: {unfit}")


def _shape(case: Case, answer: Answer, around: Surroundings) -> dict[str, str] | None:
    if "json" not in (answer.header("Content-Type") or ""):
        return None
    try:
        return shape_of(answer.json, volatile=list(_volatile(case, answer, around)))
    except (Unfit, RecursionError):
        return None


def _volatile(case: Case, answer: Answer, around: Surroundings) -> Iterator[Any]:
    for line in case.check.volatile:
        try:
            part = extract(line, answer, around.context)
        except Unfit:
            continue
        yield part
        if isinstance(part, list):
            yield from part


def _result(seen: _Seen, around: Surroundings, *, began: float, shape: dict[str, str] | None) -> CaseResult:
    case, request, answer = seen.case, seen.request, seen.answer
    outcome = Outcome.FAILED if seen.wrong else Outcome.FLAKY if seen.tries > 1 else Outcome.PASSED
    said = [f"it passed at try {seen.tries}", *seen.held] if outcome is Outcome.FLAKY else seen.held
    judged_on = case.check.budget.judged(seen.measured) if case.check.budget and seen.measured else None
    return CaseResult(
        name=case.name,
        check=case.check.name,
        line=case.line,
        outcome=outcome,
        required=case.check.required,
        effect=case.check.changes,
        evidence="\n".join(seen.wrong or said),
        method=case.check.method.upper(),
        url=request.url if request else case.check.path,
        login=case.login or "",
        status=answer.status if answer else None,
        started_seconds=began - around.started,
        took_seconds=time.perf_counter() - began,
        seconds=judged_on if judged_on is not None else min(seen.measured, default=answer.seconds if answer else None),
        tries=seen.tries,
        curl=curl(request, insecure=around.target.insecure) if request and seen.wrong else "",
        shape=shape,
        matrix=(case.check.name, case.login or "anonymous") if case.status is not None else None,
        expected_status=case.status,
    )
