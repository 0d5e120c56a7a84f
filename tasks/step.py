"""`step`: the one place that makes a Prefect task of a domain function."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from enum import Enum
from typing import Any, ParamSpec, TypeVar, cast

from prefect import Task, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State, TaskRun
from prefect.utilities.annotations import quote

from sereno.errors import SerenoError
from tasks.progress import shown_progress

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True)
class Retry:
    """How often and after how many seconds a step that failed for a passing reason is tried again."""

    delays_seconds: tuple[float, ...] = ()


NEVER = Retry()
NETWORK = Retry(delays_seconds=(2, 10, 30))


def is_transient(task: Task[..., Any], run: TaskRun, state: State[Any]) -> bool:  # noqa: ARG001 (Prefect's signature)
    """Whether trying again can help: the error says so itself."""
    return isinstance(state.data, SerenoError) and not state.data.permanent


def step(
    function: Callable[P, T], *, name: str, retry: Retry = NEVER, progress: bool = False
) -> Callable[P, Coroutine[Any, Any, T]]:
    """A task that runs `function` off the event loop.

    Args:
        function: a blocking function of `sereno`; what it is called with must be safe to repeat when `retry` is given.
        name: what the run is called in the UI; `{parameter}` and `{parameter.attribute}` are filled in.
        retry: when a transient error is tried again; permanent ones never are.
        progress: give the function a `progress=` that a progress artifact shows.
    """

    @functools.wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> T:
        if not progress:
            return await asyncio.to_thread(function, *args, **kwargs)
        async with shown_progress(function.__name__) as report:
            watched = functools.partial(cast("Callable[..., T]", function), progress=report)
            return await asyncio.to_thread(watched, *args, **kwargs)

    made = task(
        name=function.__name__.replace("_", " "),
        task_run_name=name,
        retries=len(retry.delays_seconds),
        retry_delay_seconds=list(retry.delays_seconds) or None,
        retry_condition_fn=is_transient,
        cache_policy=NO_CACHE,
        persist_result=False,
    )(run)

    @functools.wraps(function)
    async def call(*args: P.args, **kwargs: P.kwargs) -> T:
        shielded = {name: _shielded(value) for name, value in kwargs.items()}
        return cast("T", await cast("Any", made)(*map(_shielded, args), **shielded))

    return call


def _shielded(value: object) -> object:
    """Keep Prefect from walking through our values in search of futures: a manifest may name thousands of tables."""
    return value if value is None or isinstance(value, str | int | float | Enum) else quote(value)
