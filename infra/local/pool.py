"""The work pool, and the worker that carries out its runs as processes."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra.local.processes import Child, start_child
from sereno.cli import COLLECT_AFTER

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

POOL = "sereno"
_ENGINE = (
    f"import gc, runpy; gc.set_threshold({COLLECT_AFTER}); runpy.run_module('prefect.engine', run_name='__main__')"
)
"""What carries out a run. A fifth of its start went into looking for garbage among modules that stay."""
_DESCRIPTION = "Runs Sereno's jobs as processes beside the worker."


async def ensure_pool(client: PrefectClient, *, here: bool) -> None:
    """Create the pool when it is missing.

    Args:
        client: the server.
        here: whether the worker is ours. Then runs use this interpreter, which also starts them in half the time;
            elsewhere the worker knows best, and a pool that exists is left as it is.
    """
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectNotFound

    template = _template(command=shlex.join([sys.executable, "-c", _ENGINE]) if here else None)
    try:
        await client.read_work_pool(POOL)
    except ObjectNotFound:
        await client.create_work_pool(
            WorkPoolCreate(name=POOL, type="process", description=_DESCRIPTION, base_job_template=template)
        )
    else:
        if here:
            await client.update_work_pool(POOL, WorkPoolUpdate(base_job_template=template, is_paused=False))


async def start_worker(*, environment: Mapping[str, str], folder: Path, logs: Path, queue: str | None = None) -> Child:
    """Start the worker; with `queue` it takes only the runs of that queue."""
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", POOL, "--type", "process"]
    command += ["--work-queue", queue] if queue else []
    return await start_child("worker", command, environment=environment, folder=folder, logs=logs)


def _template(*, command: str | None) -> dict[str, Any]:
    from prefect.workers.process import ProcessWorker

    template = deepcopy(ProcessWorker.get_default_base_job_template())
    template["variables"]["properties"]["command"]["default"] = command
    return template
