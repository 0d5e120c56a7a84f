"""The automation that ends runs whose process is gone."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from infra.local.environment import HEARTBEAT_SECONDS

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.events.schemas.automations import AutomationCore

NAME = "sereno: crash runs without a heartbeat"
_HEARTBEAT = "prefect.flow-run.heartbeat"
_ENDS = ("Completed", "Failed", "Cancelled", "Crashed", "Suspended")


async def ensure_automation(client: PrefectClient) -> None:
    """Create the automation, or bring the one there is up to date; extra ones of its name are deleted."""
    automation = heartbeat_automation()
    present = await client.read_automations_by_name(NAME)
    for extra in present[1:]:
        await client.delete_automation(extra.id)
    if present:
        await client.update_automation(present[0].id, automation)
    else:
        await client.create_automation(automation)


def heartbeat_automation() -> AutomationCore:
    """A run that showed a heartbeat and then, for three of its intervals, neither one nor an end, is Crashed.

    Prefect alone leaves the run of a worker that was terminated Running for ever, and its concurrency slot taken.
    """
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    within = timedelta(seconds=3 * HEARTBEAT_SECONDS)
    return AutomationCore(
        name=NAME,
        description="A worker or a flow process that is gone ends its run, instead of leaving it Running for ever.",
        trigger=EventTrigger(
            posture=Posture.Proactive,
            match={"prefect.resource.id": "prefect.flow-run.*"},
            for_each={"prefect.resource.id"},
            after={_HEARTBEAT},
            expect={_HEARTBEAT, *(f"prefect.flow-run.{end}" for end in _ENDS)},
            threshold=1,
            within=within,
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED,
                message=f"no sign of life for {within.seconds} s: its process or its worker is gone",
            )
        ],
    )
