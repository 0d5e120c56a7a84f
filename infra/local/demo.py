"""`demo`: the stack, and each scheduled deployment of the demo system once, through the worker."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from infra.local.deployments import registered
from infra.local.display import Display, display, show_outcomes
from infra.local.environment import logs_folder
from infra.local.follow import Moment, Outcome, effect_in, follow
from infra.local.lock import only_one
from infra.local.prefect_file import Deployment
from infra.local.stack import Stack, Wishes
from sereno.errors import EXIT_DONE, EXIT_FAILED, EXIT_INTERRUPTED
from sereno.settings import Settings

if TYPE_CHECKING:
    from prefect.client.schemas.responses import DeploymentResponse

SYSTEM = "demo"
QUEUE = "demo"
"""The worker serves this queue alone, so that scheduled runs that fall due meanwhile do not mix with the demo's."""
_RUN_AT_MOST_SECONDS = 15 * 60.0
_NEXT_STEPS = "Next: `make up` to look at it in the UI, `.venv/bin/sereno backups list demo` to see the backups."


async def demo(settings: Settings, wishes: Wishes, console: Console) -> int:
    """Run everything once; the exit code: 0 when every run completed, 130 when interrupted.

    Raises:
        RefusedError: a stack runs already in this SERENO_HOME.
        ChildDiedError: a part of the stack ended by itself.
    """
    with only_one(settings.home_path, "demo") as lock:
        stack = Stack(settings, wishes, partial(console.print, soft_wrap=True))
        try:
            await stack.start()
            lock.note(ui_url=stack.ui_url)
            outcomes = await stack.guard(_run_each(stack, console))
            await stack.at_rest()
        except asyncio.CancelledError:
            console.print("stopping ...")
            return EXIT_INTERRUPTED
        finally:
            await stack.stop()
    _write_summary(settings.home_path / "demo" / "summary.json", outcomes)
    show_outcomes(console, outcomes)
    completed = all(outcome.state == "Completed" for outcome in outcomes)
    closing = _NEXT_STEPS if completed else f"Not every run completed. The logs are in {logs_folder(settings)}"
    console.print(closing, soft_wrap=True)
    return EXIT_DONE if completed else EXIT_FAILED


async def _run_each(stack: Stack, console: Console) -> list[Outcome]:
    """Run the deployments one after the other, in the order of the files; a failed one does not stop the rest."""
    wanted = {
        one.name: one
        for source in stack.sources
        for one in source.deployments
        if one.system == SYSTEM and one.scheduled
    }
    known = [one for one in await registered(stack.client, stack.sources) if one.name in wanted]
    with display(console, list(wanted)) as shown:
        return [await _run_one(stack, deployment, wanted[deployment.name], shown) for deployment in known]


async def _run_one(stack: Stack, deployment: DeploymentResponse, wanted: Deployment, shown: Display) -> Outcome:
    created = await stack.client.create_flow_run_from_deployment(
        deployment.id, parameters=wanted.scheduled_parameters[0], work_queue_name=QUEUE
    )
    last = Moment("Scheduled", None, created)
    async for moment in follow(stack.client, created.id, at_most_seconds=_RUN_AT_MOST_SECONDS):
        shown(deployment.name, moment)
        last = moment
    flow = await stack.client.read_flow(deployment.flow_id)
    return Outcome(
        job=flow.name,
        system=wanted.system,
        deployment=deployment.name,
        effect=effect_in(last.run.name),
        state=last.state,
        seconds=round(last.run.total_run_time.total_seconds(), 1),
        headline=_headline(last),
        url=f"{stack.ui_url}/runs/flow-run/{created.id}",
    )


def _headline(last: Moment) -> str:
    state = last.run.state
    if state is None or not state.is_final():
        return f"it had not ended after {_RUN_AT_MOST_SECONDS / 60:.0f} minutes"
    return state.message or ""


def _write_summary(path: Path, outcomes: list[Outcome]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    written = path.with_suffix(".new")
    written.write_text(json.dumps({"runs": [outcome.model_dump() for outcome in outcomes]}, indent=2) + "\n")
    written.replace(path)
