"""The steps of `resend_notifications`, `clear_lockout` and `resolve_alert`."""

from sereno import audit
from sereno.support import choosing, way, work
from sereno.systems.model import System
from tasks.run_context import current_job
from tasks.step import NETWORK, step

find_way = step(way.way_of, name="see how it is done")
choose_batch = step(choosing.choose_batch, name="choose notifications", retry=NETWORK)
choose_one = step(choosing.choose_one, name="look at {identifier}", retry=NETWORK)
_carry_out = step(work.carry_out, name="carry it out", progress=True)


async def carry_out(system: System, chosen: choosing.Chosen, how: way.Way, *, note: str = "") -> work.Outcome:
    """Carry out the operation for every row that was chosen, under this run's name."""
    return await _carry_out(system, chosen, way=how, context=current_job(), note=note)


async def require_ops_admin(system: System) -> None:
    """Refused unless whoever acts may clear lockouts of the system."""
    work.require_ops_admin(system, audit.actor_of_process()[0])
