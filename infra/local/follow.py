"""Following one run to its end, and what to tell about it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import BaseModel

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun

_EVERY_SECONDS = 0.5
_EFFECT = re.compile(r"\((read|dry-run|live)\)$")


@dataclass(frozen=True)
class Moment:
    """How far a run is."""

    state: str
    percent: float | None
    run: FlowRun


class Outcome(BaseModel):
    """A line of the summary."""

    job: str
    system: str
    deployment: str
    effect: str
    state: str
    seconds: float
    headline: str
    url: str


async def follow(client: PrefectClient, run_id: UUID, *, at_most_seconds: float) -> AsyncIterator[Moment]:
    """Each change of the run's state and progress, up to its end or until `at_most_seconds` have passed."""
    deadline = asyncio.get_running_loop().time() + at_most_seconds
    seen: tuple[str, float | None] | None = None
    while True:
        run = await client.read_flow_run(run_id)
        state = run.state_name or "Unknown"
        percent = await _progress(client, run_id) if run.state and run.state.is_running() else None
        if (state, percent) != seen:
            yield Moment(state, percent, run)
            seen = state, percent
        if (run.state and run.state.is_final()) or asyncio.get_running_loop().time() > deadline:
            return
        await asyncio.sleep(_EVERY_SECONDS)


def effect_in(run_name: str) -> str:
    """The effect that a job's run name ends with; `unknown` for a run that never came to name itself."""
    found = _EFFECT.search(run_name)
    return found[1] if found else "unknown"


async def _progress(client: PrefectClient, run_id: UUID) -> float | None:
    """What the newest progress artifact of the run shows, in percent."""
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId, ArtifactFilterType
    from prefect.client.schemas.sorting import ArtifactSort

    artifacts = await client.read_artifacts(
        artifact_filter=ArtifactFilter(
            flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]), type=ArtifactFilterType(any_=["progress"])
        ),
        sort=ArtifactSort.CREATED_DESC,
        limit=1,
    )
    shown = artifacts[0].data if artifacts else None
    return float(shown) if isinstance(shown, int | float) else None
