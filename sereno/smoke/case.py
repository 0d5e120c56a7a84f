"""One case from its request to its result."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from sereno import redaction
from sereno.errors import SerenoError
from sereno.reports.build import human_count, human_seconds
from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Unfit, extract
from sereno.smoke.http_client import NoAnswerError
from sereno.smoke.judging import judge_case
from sereno.smoke.logins import LoginFailedError
from sereno.smoke.outcome import CaseResult, Outcome
from sereno.smoke.plan import Case
from sereno.smoke.request import curl
from sereno.smoke.seen import Seen, Surroundings
from sereno.smoke.sending import answered, is_as_asked
from sereno.smoke.shape import shape_of


async def made(case: Case, around: Surroundings) -> CaseResult:
    """Make the request of `case`, judge the answer, and keep what it captures."""
    began = time.perf_counter()
    seen = Seen(case)
    shape: dict[str, str] | None = None
    try:
        answer = await answered(seen, around)
        if case.judged:
            _keep_secrets(case, answer, around)
            if is_as_asked(seen):  # what was made has to be undone also where the rest of the answer is wrong
                _capture(seen, answer, around)
        await judge_case(seen, answer, around)
        if not seen.wrong and case.judged:
            seen.wrong += _capture(seen, answer, around)
            shape = _shape(case, answer, around)
    except (NoAnswerError, LoginFailedError, SerenoError) as error:
        seen.unreachable = isinstance(error, NoAnswerError) and error.again and seen.answer is None
        seen.wrong.append(str(error))
    except Exception as error:  # what nobody thought of costs one check, and neither the others nor the cleanups
        seen.wrong.append(f"this is a defect of Sereno: {type(error).__name__}: {error}")
    return _result(seen, around, began=began, shape=shape)


def _keep_secrets(case: Case, answer: Answer, around: Surroundings) -> None:
    """Tell the redactor about secret captures before anything of the answer is judged and shown."""
    for capture in case.check.extractions.values():
        if capture.secret:
            try:
                value = extract(capture.value, answer, around.context)
            except Unfit:
                continue
            redaction.remember(value if isinstance(value, str) else str(value))


def _capture(seen: Seen, answer: Answer, around: Surroundings) -> list[str]:
    """Keep what can be captured; what cannot, a line each."""
    wrong: list[str] = []
    for name, capture in seen.case.check.extractions.items():
        try:
            around.captures[name] = extract(capture.value, answer, around.context)
        except Unfit as unfit:
            wrong.append(f"{name} cannot be captured by {capture.value.text}: {unfit}")
    return wrong


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


def _said(seen: Seen, outcome: Outcome) -> str:
    """Of a case that passed: `200 in 18 ms, 3 asserts hold`, and what is worth knowing."""
    answered = f"{seen.answer.status} in {human_seconds(min(seen.measured, default=0))}" if seen.answer else ""
    tries = f"passed at try {seen.tries}: " if outcome is Outcome.FLAKY else ""
    return "; ".join([f"{tries}{answered}, {human_count(seen.held, 'assert holds', 'asserts hold')}", *seen.notes])


def _result(seen: Seen, around: Surroundings, *, began: float, shape: dict[str, str] | None) -> CaseResult:
    case, request, answer = seen.case, seen.request, seen.answer
    outcome = Outcome.FAILED if seen.wrong else Outcome.FLAKY if seen.tries > 1 else Outcome.PASSED
    judged_on = case.check.budget.judged(seen.measured) if case.check.budget and seen.measured else None
    return CaseResult(
        name=case.name,
        check=case.check.name,
        line=case.line,
        outcome=outcome,
        required=case.check.required,
        effect=case.check.changes,
        evidence="\n".join(seen.wrong) or _said(seen, outcome),
        method=case.check.method.upper(),
        url=request.url if request else case.check.path,
        login=case.login or "",
        status=answer.status if answer else None,
        started_seconds=began - around.started,
        took_seconds=time.perf_counter() - began,
        seconds=judged_on if judged_on is not None else min(seen.measured, default=answer.seconds if answer else None),
        unreachable=seen.unreachable,
        tries=seen.tries,
        curl=curl(request, insecure=around.target.insecure) if request and seen.wrong else "",
        shape=shape,
        matrix=case.place,
        expected_status=case.status,
    )
