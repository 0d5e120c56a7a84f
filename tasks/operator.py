"""Heeding the operator between the slices of a long step: a run that was paused, suspended or cancelled in the UI."""

from __future__ import annotations

import asyncio
import logging

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State, StateType
from prefect.exceptions import Abort, Pause
from prefect.runtime import flow_run

_EVERY_SECONDS = 1.0
_ENDING = frozenset({StateType.CANCELLING, StateType.CANCELLED, StateType.CRASHED})

logger = logging.getLogger("sereno.operator")


async def give_way_to_operator() -> None:
    """Go on only while the run is wanted: wait while it is paused, and end it when it was suspended or cancelled.

    A server that does not answer stops nothing.

    Raises:
        Pause: it was suspended: this process ends, and another goes on when the run is resumed.
        Abort: it was cancelled.
    """
    told = False
    while (state := await _state()) and state.type is StateType.PAUSED:
        if state.state_details.pause_reschedule:
            logger.info("suspended; the run goes on with what is left when it is resumed")
            raise Pause(state=state)
        if not told:
            logger.info("paused; the run waits between two batches until it is resumed")
        told = True
        await asyncio.sleep(_EVERY_SECONDS)
    if state and state.type in _ENDING:
        raise Abort(f"the run was {state.name.lower() if state.name else 'ended'}; what is left is for the next run")


async def _state() -> State | None:
    if not flow_run.id:
        return None
    try:
        async with get_client() as client:
            return (await client.read_flow_run(flow_run.id)).state
    except Exception as error:
        logger.warning("the run's state cannot be read: %s", str(error) or type(error).__name__)
        return None
