"""The steps of `restore`."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sereno.restore import load, plan, prove, refill, target
from sereno.restore.way import SCRATCH
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from tasks.step import NETWORK, step

plan_restore = step(plan.plan_restore, name="plan restore of {backup}", retry=NETWORK)
check_target = step(plan.lacks, name="look at the target", retry=NETWORK)
create_roles = step(load.create_roles, name="create roles")
restore_before_rows = step(load.restore_before_rows, name="schema before rows")
load_rows = step(load.load_rows, name="load rows", progress=True)
restore_after_rows = step(load.restore_after_rows, name="schema after rows")
prove_content = step(prove.prove_content, name="prove content", retry=NETWORK, progress=True)
prove_schema = step(prove.prove_schema, name="prove schema", retry=NETWORK)
refill_tables = step(refill.refill, name="refill tables", progress=True)
_start_scratch = step(target.start_scratch, name="start scratch server")
_drop_scratch = step(target.drop_scratch, name="drop scratch server")


@asynccontextmanager
async def target_database(system: System, chosen: plan.RestorePlan) -> AsyncIterator[Secret]:
    """The database to fill: the declared target, or a scratch server that is gone when the block ends."""
    if chosen.target != SCRATCH:
        yield target.target_url(system, chosen.target)
        return
    try:
        yield await _start_scratch(system, at_least=chosen.major)
    finally:
        await _drop_scratch(system)
