"""`job`: the one place that makes a Prefect flow of a runbook procedure.

It refuses a live run that was not confirmed before anything is opened, names the run by what it does and its effect,
and turns every end (done, failed, refused, broken) into a published report and a state whose message is the headline.
"""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, ParamSpec

from prefect import Flow, flow
from prefect.client.schemas.objects import State, StateType
from prefect.runtime import flow_run
from prefect.states import Completed

from sereno import redaction
from sereno.cli.reporting import exit_code
from sereno.effects import effect_of, effect_of_live
from sereno.errors import RefusedError, SerenoError
from sereno.reports.model import Draft, Effect, JobContext, Report, Result
from tasks.console import prepare_console
from tasks.publish import publish
from tasks.run_context import current_run, enter_job

P = ParamSpec("P")

logger = logging.getLogger("sereno.job")


class JobFailedError(SerenoError):
    """A job that did not pass, for callers in Python; its report says why."""

    def __init__(self, report: Report, *, exit_code: int) -> None:
        """Carry `report`, whose headline is the message, and the exit code of whatever ended the job."""
        super().__init__(report.headline)
        self.report = report
        self.exit_code = exit_code


def job(*, run_name: str) -> Callable[[Callable[P, Awaitable[Report]]], Flow[P, Any]]:
    """A flow that carries out one runbook procedure for one system.

    The function's first parameter is `system`. When it has a parameter `dry_run`, or `live`, it has `confirm_live` too.

    Args:
        run_name: the run's name, with the flow's parameters in braces; the effect is added.
    """

    def decorate(function: Callable[P, Awaitable[Report]]) -> Flow[P, Any]:
        signature = inspect.signature(function)
        name = function.__name__

        def named() -> str:
            parameters = {**_defaults(signature), **flow_run.parameters}
            return f"{' '.join(run_name.format(**parameters).split())} ({_intended(parameters)})"

        @functools.wraps(function)
        async def run(*args: P.args, **kwargs: P.kwargs) -> State[Any]:
            redaction.install()
            prepare_console()
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            context = JobContext(
                job=name,
                system=bound.arguments["system"],
                effect=_intended(bound.arguments),
                started_at=datetime.now(UTC),
                flow_run_id=flow_run.id,
                run_name=flow_run.name or name,
            )
            enter_job(context)
            logger.info("%s of %s: effect %s", name, context.system, context.effect)
            return await _carry_out(functools.partial(function, *args, **kwargs), bound.arguments)

        return flow(name=name.replace("_", "-"), flow_run_name=named, persist_result=False)(run)

    return decorate


async def _carry_out(function: Callable[[], Awaitable[Report]], arguments: dict[str, Any]) -> State[Any]:
    try:
        _require_confirmation(arguments)
        return _state(await function())
    except Exception as error:
        return await _ended_by(error)


async def _ended_by(error: Exception) -> State[Any]:
    """The end of a run that raised; what goes wrong after its report was sealed changes nothing of it any more."""
    if (sealed := current_run().sealed) is not None:
        logger.warning("after the report was sealed: %s: %s", type(error).__name__, error)
        return _state(sealed)
    if not isinstance(error, SerenoError):
        logger.error("the job broke", exc_info=error)
        broken = (
            f"the job broke with {type(error).__name__}: {error}; this is a defect of Sereno, its log has the place"
        )
        return _state(await publish(Draft(headline=broken, result=Result.FAILED)))
    logger.error("%s", error)
    result = Result.REFUSED if isinstance(error, RefusedError) else Result.FAILED
    report = await publish(Draft(headline=str(error), result=result))
    return _state(report, code=error.exit_code)


def _state(report: Report, *, code: int | None = None) -> State[Any]:
    """The run's last state; `code` is the exit code of the error that ended it, if one did."""
    if report.result is Result.PASSED:
        return Completed(message=report.headline, data=report)
    name = "Refused" if report.result is Result.REFUSED else "Failed"
    failed = JobFailedError(report, exit_code=exit_code(report) if code is None else code)
    return State(type=StateType.FAILED, name=name, message=report.headline, data=failed)


def _require_confirmation(arguments: dict[str, Any]) -> None:
    """Refuse a live run that was not confirmed."""
    confirm_live = arguments.get("confirm_live", "")
    if "live" in arguments:
        effect_of_live(live=arguments["live"], confirm_live=confirm_live)
    else:
        effect_of(dry_run=arguments.get("dry_run"), confirm_live=confirm_live)


def _intended(parameters: dict[str, Any]) -> Effect:
    if "live" in parameters:
        return Effect.LIVE if parameters["live"] else Effect.DRY_RUN
    if "dry_run" not in parameters:
        return Effect.READ
    return Effect.DRY_RUN if parameters["dry_run"] else Effect.LIVE


def _defaults(signature: inspect.Signature) -> dict[str, Any]:
    return {
        name: parameter.default
        for name, parameter in signature.parameters.items()
        if parameter.default is not inspect.Parameter.empty
    }
