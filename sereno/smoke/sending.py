"""The answer to a case: at the first try, with a new login after a 401, or again where that is safe."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from sereno.smoke.answers import Answer
from sereno.smoke.http_client import NoAnswerError
from sereno.smoke.plan import Case
from sereno.smoke.request import Request, hold_secrets, request_of
from sereno.smoke.seen import Seen, Surroundings

_TRY_AGAIN = frozenset({429, 502, 503, 504})
_FIRST_WAIT_SECONDS = 0.5
_LONGEST_WAIT_SECONDS = 60.0


async def answered(seen: Seen, around: Surroundings) -> Answer:
    """The answer at the first try, or at a later one where the check allows it."""
    check = seen.case.check
    seen.request = _requested(seen.case, around)
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


def _requested(case: Case, around: Surroundings) -> Request:
    """The request, without credentials; what a capture holds may be nothing that a URL takes."""
    try:
        request = request_of(
            case, base_url=around.target.base_url, headers=around.headers, variables=around.variables(case)
        )
        urlsplit(request.url)
    except ValueError:
        raise NoAnswerError("the request cannot be made: a value in it cannot be sent", again=False) from None
    if hold_secrets({**around.headers, **case.check.headers}) and not around.target.owns(request.url):
        raise NoAnswerError("the secrets of its headers are not sent there; name the host under hosts", again=False)
    return request


async def _sent(seen: Seen, around: Surroundings) -> Answer:
    """One answer; after a 401 that nobody expects, once more with a new login."""
    case, request = seen.case, seen.request
    assert request is not None
    credentials = await around.logins.headers(case.login, url=request.url)
    seen.request = request = replace(request, credentials=credentials)
    answer = await exchanged(request, case, around)
    if answer.status == 401 and not _expects_401(case) and around.logins.renew(case.login, credentials):
        renewed = await around.logins.headers(case.login, url=request.url)
        seen.request = replace(request, credentials=renewed)
        answer = await exchanged(seen.request, case, around)
    return answer


async def exchanged(request: Request, case: Case, around: Surroundings) -> Answer:
    check = case.check
    return await around.client.send(
        request,
        redirects=check.follow_redirects,
        timeout_seconds=check.timeout_seconds,
        at_most=check.at_most_bytes,
    )


def _expects_401(case: Case) -> bool:
    return 401 in _statuses(case)


def is_as_asked(seen: Seen) -> bool:
    """Whether the status is one that the case names, or a good one where it names none."""
    if seen.answer is None:
        return False
    return seen.answer.status in (_statuses(seen.case) or range(200, 300))


def _wanted(seen: Seen) -> bool:
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
