"""The steps of `load_check`."""

from __future__ import annotations

from sereno.load import apply, history, plan
from sereno.load.apply import LoadOutcome
from sereno.load.history import LoadHistory
from sereno.systems.model import System
from tasks.run_context import current_job
from tasks.step import step

plan_load = step(plan.plan_load, name="plan the load")
probe = step(apply.probe, name="send one request")
apply_load = step(apply.apply_load, name="send the load", progress=True)
_remember = step(history.remember, name="compare and remember")


async def remember_load(system: System, outcome: LoadOutcome, *, accept: bool) -> LoadHistory:
    """Judge the run and write it down in the ledger, as the baseline when `accept` says so."""
    return await _remember(system, outcome, accept=accept, flow_run_id=current_job().flow_run_id)
