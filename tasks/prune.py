"""The steps of `prune`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from sereno.backup import prune, prune_plan
from sereno.systems.model import System
from tasks.step import NETWORK, step
from tasks.systems import exclusive

_AT_THE_BACKUPS = ("backup", "restore", "verify_backups", "restore_drill")
"""The jobs that write or read backups; each holds its own name while it runs, and a change of keys that of `backup`."""

plan_prune = step(prune_plan.plan_prune, name="decide what stays", retry=NETWORK)
delete = step(prune.prune, name="delete what goes", progress=True)


@asynccontextmanager
async def nobody_at_the_backups(system: System, *, dry_run: bool) -> AsyncIterator[None]:
    """Exclude other prunes, and, since a live one deletes, every job that writes or reads backups of the system.

    Refused when one of them runs; such a job is refused while this lasts. Jobs that leave backups alone go on.
    """
    async with AsyncExitStack() as held:
        for job in ("prune", *(() if dry_run else _AT_THE_BACKUPS)):
            await held.enter_async_context(exclusive(system, job))
        yield
