"""Steps about a system as a whole."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sereno import exclusion
from sereno.systems import loader
from sereno.systems.model import System
from tasks.run_context import current_job
from tasks.step import step

load_system = step(loader.load_system, name="load {name}")


@asynccontextmanager
async def exclusive(system: System, job: str, *, alone: bool = False) -> AsyncIterator[None]:
    """Hold the system's `job` to ourselves, or the whole system when `alone`; refused when another run holds it."""
    with exclusion.exclusive(system=system.name, job=job, run=current_job().run_name, alone=alone):
        yield
