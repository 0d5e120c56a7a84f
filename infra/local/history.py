"""Runs that a former stack left behind: those cut short are Crashed, those missed are not caught up on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from infra.local.pool import POOL

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.filters import FlowRunFilter, WorkPoolFilter
    from prefect.client.schemas.objects import FlowRun

_STARTED_LONG_AGO = timedelta(seconds=60)
_MISSED = "no worker was running when it fell due; the next one comes on time"


async def crash_cut_short(client: PrefectClient) -> int:
    """End every run of our pool that no worker carries out any more, and free its slot; how many there were.

    To be called when no worker is running.
    """
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterState, FlowRunFilterStateType
    from prefect.client.schemas.objects import StateType
    from prefect.states import Crashed

    going_on = FlowRunFilter(
        state=FlowRunFilterState(
            type=FlowRunFilterStateType(any_=[StateType.RUNNING, StateType.PENDING, StateType.CANCELLING])
        )
    )
    runs = await _runs(client, going_on)
    for run in runs:
        await client.set_flow_run_state(run.id, Crashed(message="the local stack was stopped while it was running"))
    return len(runs)


async def skip_missed(client: PrefectClient) -> int:
    """Cancel the scheduled runs that fell due while no worker was there; how many there were.

    A run that a person asked for is kept, and is carried out by the next worker.
    """
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterNextScheduledStartTime,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.states import Cancelled

    overdue = FlowRunFilter(
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED])),
        next_scheduled_start_time=FlowRunFilterNextScheduledStartTime(before_=datetime.now(UTC) - _STARTED_LONG_AGO),
    )
    runs = [run for run in await _runs(client, overdue) if run.auto_scheduled]
    for run in runs:
        await client.set_flow_run_state(run.id, Cancelled(name="Missed", message=_MISSED))
    return len(runs)


async def _runs(client: PrefectClient, chosen: FlowRunFilter) -> list[FlowRun]:
    """Every run of our pool that `chosen` picks."""
    found: list[FlowRun] = []
    while page := await client.read_flow_runs(flow_run_filter=chosen, work_pool_filter=_our_pool(), offset=len(found)):
        found += page
    return found


def _our_pool() -> WorkPoolFilter:
    from prefect.client.schemas.filters import WorkPoolFilter, WorkPoolFilterName

    return WorkPoolFilter(name=WorkPoolFilterName(any_=[POOL]))
