"""The steps of `restore_drill`, beside those of `restore`: a drill takes the path of the disaster."""

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager

from sereno.drill import database, history, plan, queries, structure
from sereno.drill.drill import Drill
from sereno.ledger.proofs import DrillRecord
from sereno.restore import volumes
from sereno.restore.volume_rooms import VolumeRoom
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from tasks.restore import rooms_for_volumes, unpack_volumes
from tasks.run_context import current_job
from tasks.step import NETWORK, step

plan_drill = step(plan.plan_drill, name="plan drill of {backup}", retry=NETWORK)
prove_structure = step(structure.prove_structure, name="prove constraints, indexes and pages", progress=True)
run_own_checks = step(queries.run_own_checks, name="run the system's own checks")
_start_database = step(database.start_database, name="start the drill's database")
_drop_database = step(database.drop_database, name="drop the drill's database")
_remember = step(history.remember, name="note the drill in the ledger")


@asynccontextmanager
async def drill_database(system: System, drill: Drill) -> AsyncIterator[Secret]:
    """An empty database for the drill, gone when the block ends, however it ends."""
    try:
        with drill.phase("server"):
            url = await _start_database(system, drill.plan)
        yield url
    finally:
        await _drop_database(system)


def drill_rooms(system: System, drill: Drill) -> AbstractAsyncContextManager[Sequence[VolumeRoom]]:
    """Where the drill unpacks volumes; gone when the block ends, however it ends."""
    return rooms_for_volumes(system, drill.plan.restore, use=database.USE)


async def unpack_drill_volumes(
    system: System, drill: Drill, rooms: Sequence[VolumeRoom]
) -> Sequence[volumes.UnpackedVolume]:
    """Every volume in its room, as a phase of its own where there are volumes."""
    if not rooms:
        return ()
    with drill.phase("volumes"):
        return await unpack_volumes(system, drill.plan.restore, rooms)


async def remember_drill(system: System, drill: Drill) -> tuple[DrillRecord, ...]:
    """Write the drill down in the ledger; it and those before it, oldest first."""
    return await _remember(system, drill, flow_run_id=current_job().flow_run_id)
