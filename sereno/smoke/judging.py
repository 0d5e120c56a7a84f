"""What has to be true of an answer: status, assertions, durations, budgets, pages."""

from __future__ import annotations

from dataclasses import replace

from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Assertion, Context, judge
from sereno.smoke.http_client import NoAnswerError
from sereno.smoke.seen import Seen, Surroundings
from sereno.smoke.sending import exchanged
from sereno.smoke.walking import walked

_BEST_OF = 3  # of a `duration` in `expect`, where the request can be repeated


async def judge_case(seen: Seen, answer: Answer, around: Surroundings) -> None:
    case, check = seen.case, seen.case.check
    seen.measured.append(answer.seconds)
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
    if seen.wrong:
        return
    await _judge_durations(seen, [line for line in check.expect if line.query.name == "duration"], around, context)
    await _judge_budget(seen, around)
    if check.walk is not None:
        passed, evidence = await walked(check.walk, answer, send=lambda url: _page(seen, url, around), context=context)
        seen.judged("every page", passed, evidence)


def _found_status(answer: Answer, *, wanted: bool) -> str:
    return "" if wanted else f"found {answer.status}"


async def _judge_durations(seen: Seen, lines: list[Assertion], around: Surroundings, context: Context) -> None:
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


async def _judge_budget(seen: Seen, around: Surroundings) -> None:
    budget = seen.case.check.budget
    if budget is None:
        return
    while not budget.enough(seen.measured):
        await _measure(seen, around)
    figure = budget.judged(seen.measured)
    seen.judged(budget.text, figure < budget.seconds, f"{figure * 1000:,.0f} ms of {len(seen.measured)} measured")


async def _measure(seen: Seen, around: Surroundings) -> None:
    assert seen.request is not None
    assert seen.answer is not None
    again = await exchanged(seen.request, seen.case, around)
    if again.status != seen.answer.status:
        raise NoAnswerError(f"asked again to measure it, it answered with status {again.status}", again=False)
    seen.measured.append(again.seconds)


async def _page(seen: Seen, url: str, around: Surroundings) -> Answer:
    assert seen.request is not None
    request = replace(seen.request, url=url)
    if request.origin != seen.request.origin:
        raise NoAnswerError("the next page is on another host", again=False)
    return await exchanged(request, seen.case, around)
