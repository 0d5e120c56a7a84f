"""The steps of `trial_expiry`."""

from __future__ import annotations

from datetime import UTC, datetime

from sereno.messages.deliveries import Deliveries
from sereno.systems.model import System
from sereno.trials import changes, plan, simulation, telling
from sereno.trials.changed import Changed
from sereno.trials.planned import TrialPlan
from sereno.trials.simulated import Simulation
from tasks.run_context import current_job
from tasks.step import NETWORK, step

_plan_trials = step(plan.plan_trials, name="find what is due", retry=NETWORK, progress=True)
_simulate = step(simulation.simulate, name="play the coming {days} days", retry=NETWORK, progress=True)
_settle_changes = step(changes.settle_changes, name="settle what an earlier run left open", retry=NETWORK)
_change_accounts = step(changes.change_accounts, name="change accounts", progress=True)
_write_notices = step(telling.write_notices, name="write notices into the outbox", retry=NETWORK)
_deliver_messages = step(telling.deliver_messages, name="deliver messages", retry=NETWORK, progress=True)
require_words = step(telling.require_words, name="look for templates and secrets")


async def plan_trials(system: System, *, max_messages: int, max_changes: int) -> TrialPlan:
    """Everything that is due now."""
    return await _plan_trials(system, now=datetime.now(UTC), max_messages=max_messages, max_changes=max_changes)


async def simulate(system: System, *, days: int) -> Simulation:
    """The coming days, as they would be if nobody paid."""
    return await _simulate(system, now=datetime.now(UTC), days=days)


async def settle_changes(system: System) -> int:
    """Learn from the system what became of the batches that a killed run left open; how many had been committed."""
    return await _settle_changes(system, run_id=_run_id())


async def change_accounts(system: System, planned: TrialPlan) -> Changed:
    """Carry out what is due of changes, and verify each account."""
    return await _change_accounts(system, planned, run_id=_run_id())


async def write_notices(system: System, planned: TrialPlan) -> int:
    """Write down what is told, with its messages; how many were new."""
    return await _write_notices(system, planned, run_id=_run_id())


async def deliver_messages(system: System, *, max_messages: int) -> Deliveries:
    """Deliver what waits in the outbox."""
    return await _deliver_messages(system, max_messages=max_messages)


def _run_id() -> str:
    job = current_job()
    return job.flow_run_id or job.run_name
