"""The steps of `restore`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

from sereno import services
from sereno.errors import SerenoError
from sereno.reports.model import Finding
from sereno.restore import load, permission, plan, prove, refill, side, target, volume_rooms, volumes
from sereno.restore.chosen import RestorePlan
from sereno.restore.prove_schema import prove_schema as proven_schema
from sereno.restore.volume_rooms import VolumeRoom
from sereno.smoke import afterwards
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.restore import SCRATCH
from tasks.run_context import current_job
from tasks.step import NETWORK, step

plan_restore = step(plan.plan_restore, name="plan restore of {backup}", retry=NETWORK)
ask_approval = step(permission.ask_approval, name="ask for an approval")
check_target = step(plan.lacks, name="look at the target", retry=NETWORK)
create_roles = step(load.create_roles, name="create roles")
restore_before_rows = step(load.restore_before_rows, name="schema before rows")
load_rows = step(load.load_rows, name="load rows", progress=True)
restore_after_rows = step(load.restore_after_rows, name="schema after rows")
refill_tables = step(refill.refill, name="refill tables", progress=True)
put_in_place = step(side.put_in_place, name="put {side.name} in place")
prove_content = step(prove.prove_content, name="prove content", retry=NETWORK, progress=True)
prove_schema = step(proven_schema, name="prove schema", retry=NETWORK)
_unpack_volumes = step(volumes.unpack_volumes, name="unpack volumes", retry=NETWORK, progress=True)
_prove_volumes = step(volumes.prove_volumes, name="prove volumes", retry=NETWORK, progress=True)
_put_volumes_in_place = step(volume_rooms.put_volumes_in_place, name="put volumes in place")
_make_rooms = step(volume_rooms.make_rooms, name="make room for volumes")
_drop_rooms = step(volume_rooms.drop_rooms, name="delete volumes that are not in place")
_use_approval = step(permission.use_approval, name="use approval {approval}")
_start_scratch = step(target.start_scratch, name="start scratch server")
_drop_scratch = step(target.drop_scratch, name="drop scratch server")
_create_side = step(side.create_side, name="make a database beside the original")
_drop_side = step(side.drop_side, name="drop {side.name} unless it is in place", retry=NETWORK)
_smoke_afterwards = step(afterwards.smoke_afterwards, name="run the smoke suite of {system}", progress=True)
_stop_services = step(services.stop, name="stop services")
_start_services = step(services.start, name="start services")


async def use_approval(system: System, chosen: RestorePlan, approval: str) -> None:
    """Use the approval that a restore over the original needs; refused without one."""
    job = current_job()
    await _use_approval(system, chosen, approval=approval, run=job.flow_run_id or job.run_name)


@asynccontextmanager
async def target_database(system: System, chosen: RestorePlan) -> AsyncIterator[Secret]:
    """The database to fill: the declared target, or a scratch server that is gone when the block ends."""
    if chosen.target != SCRATCH:
        yield target.target_url(system, chosen.target)
        return
    try:
        yield await _start_scratch(system, at_least=chosen.major, encoding=chosen.manifest.origin.encoding)
    finally:
        await _drop_scratch(system)


@asynccontextmanager
async def side_database(system: System) -> AsyncIterator[side.SideDatabase]:
    """A new database beside the original, gone when the block ends unless it was put in the original's place."""
    made = await _create_side(system)
    try:
        yield made
    finally:
        await _drop_side(system, made)


@asynccontextmanager
async def rooms_for_volumes(
    system: System, chosen: RestorePlan, *, use: str = ""
) -> AsyncIterator[Sequence[VolumeRoom]]:
    """Where the plan's volumes are unpacked; what is not in place when the block ends is gone."""
    if not chosen.volumes:
        yield ()
        return
    rooms = await _make_rooms(system, chosen, use=use)
    try:
        yield rooms
    finally:
        await _drop_rooms(system, rooms, use=use)


async def unpack_volumes(
    system: System, chosen: RestorePlan, rooms: Sequence[VolumeRoom]
) -> Sequence[volumes.UnpackedVolume]:
    """Every volume in its room."""
    return await _unpack_volumes(system, chosen, rooms) if rooms else ()


async def prove_volumes(
    system: System, chosen: RestorePlan, unpacked: Sequence[volumes.UnpackedVolume]
) -> Sequence[Finding]:
    """Is each of them what was backed up?"""
    return await _prove_volumes(system, chosen, unpacked) if unpacked else ()


async def put_volumes_in_place(rooms: Sequence[VolumeRoom]) -> Sequence[Finding]:
    """Each volume that has a place in it; one that is only looked at stays in its room."""
    return await _put_volumes_in_place(rooms) if any(room.volume.folder for room in rooms) else ()


@asynccontextmanager
async def services_stopped(system: System, chosen: RestorePlan) -> AsyncIterator[list[Finding]]:
    """Stop what uses the original while the block runs, and start it again once, however the block ends.

    What became of the start is in the list when the block has ended.
    """
    started: list[Finding] = []
    if not chosen.over_original or not (system.services.stop or system.services.start):
        yield started
        return
    await _stop_services(system)
    try:
        yield started
    except SerenoError as error:
        again = await _start_services(system)
        if not again.passed:
            raise type(error)(f"{error}; besides, the services did not start again: {again.evidence}") from error
        raise
    except BaseException:
        services.start(system)  # a run that is cancelled starts no steps any more
        raise
    started.append(await _start_services(system))


async def smoke_afterwards(system: System, chosen: RestorePlan) -> Sequence[Finding]:
    """After a restore over the original: does the system answer as its smoke suite wants, if it has one?"""
    if not chosen.over_original:
        return ()
    patience = timedelta(seconds=system.services.timeout_seconds if system.services.start else 0)
    finding = await _smoke_afterwards(system.name, patience=patience)
    return (finding,) if finding else ()
