"""When deployments run next."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

_PATIENCE_SECONDS = 10.0
_EVERY_SECONDS = 0.5


async def next_runs(client: PrefectClient, deployments: Sequence[DeploymentResponse]) -> dict[str, datetime]:
    """The time of the next scheduled run of each deployment, by name.

    The server plans the runs of a new deployment a few seconds after it was registered; one that has none by then, or
    no active schedule, is left out.
    """
    expected = {one.name for one in deployments if not one.paused and any(each.active for each in one.schedules)}
    planned: dict[str, datetime] = {}
    for _ in range(int(_PATIENCE_SECONDS / _EVERY_SECONDS)):
        for deployment in deployments:
            if deployment.name in expected - planned.keys() and (due := await _next_run(client, deployment)):
                planned[deployment.name] = due
        if expected == planned.keys():
            break
        await asyncio.sleep(_EVERY_SECONDS)
    return planned


async def _next_run(client: PrefectClient, deployment: DeploymentResponse) -> datetime | None:
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    runs = await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(
            state=FlowRunFilterState(type=FlowRunFilterStateType(any_=[StateType.SCHEDULED]))
        ),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=[deployment.id])),
        sort=FlowRunSort.NEXT_SCHEDULED_START_TIME_ASC,
        limit=1,
    )
    return runs[0].next_scheduled_start_time if runs else None
