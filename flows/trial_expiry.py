"""The job `trial_expiry`."""

from typing import Annotated

from pydantic import Field

from sereno.errors import RefusedError
from sereno.reports.model import Report
from sereno.trials.report import trial_report
from sereno.trials.simulation_report import simulation_report
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system
from tasks.trial_expiry import (
    change_accounts,
    deliver_messages,
    plan_trials,
    require_words,
    settle_changes,
    simulate,
    write_notices,
)


@job(run_name="trial expiry {system}")
async def trial_expiry(
    system: str,
    simulate_days: Annotated[int, Field(ge=0, le=366)] = 0,
    max_messages: Annotated[int, Field(ge=1, le=100_000)] = 5_000,
    max_changes: Annotated[int, Field(ge=1, le=10_000)] = 1_000,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Remind accounts on trial of its end, do what the policy says when it has come, and show what contradicts it.

    When: every hour, or once a day where all accounts live in one time zone: a message is due at an hour of the
    account's own day, and whatever is due goes with the next run. By hand as a dry run after each change of `trials`,
    and with `simulate_days=30` to see the coming month.

    What it changes: a live run changes the accounts that are due by the system's own statements
    (`sql/trials.*.sql`), in batches, and looks at each of them afterwards; then it writes to people. Every step of a
    trial is told once: it stands in the ledger with its message before that is delivered. Who has paid meanwhile, was
    given more time, or stands on the hold list is neither changed nor written to. A dry run and a simulation change
    and send nothing.

    When it fails: what was done is done, and the next run goes on where this one was; nothing is told or done twice.
    An account that cannot be changed is named with what its database said: mend it, or the statement. Messages that a
    channel could not take are tried again by later runs, then by the next channel; the report names the reasons
    of those that nobody took. docs/runbooks/trial-expiry.md goes through the cases.

    Args:
        system: The system's name: a folder below `deployments/`.
        simulate_days: Play so many days over today's accounts instead, read-only; 0 for none.
        max_messages: At most so many messages go in one run; the next one goes on.
        max_changes: At most so many accounts are changed in one run.
        dry_run: Show who would be told what and what would change; do nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    if simulate_days and not dry_run:
        raise RefusedError("a simulation changes nothing: leave dry_run on, or simulate_days at 0")
    source = await load_system(system)
    async with exclusive(source, "trial_expiry"):
        if simulate_days:
            return await publish(simulation_report(await simulate(source, days=simulate_days), source.prices))
        await require_words(source, live=not dry_run)
        if dry_run:
            planned = await plan_trials(source, max_messages=max_messages, max_changes=max_changes)
            return await publish(trial_report(planned, source.prices))
        await settle_changes(source)
        planned = await plan_trials(source, max_messages=max_messages, max_changes=max_changes)
        changed = await change_accounts(source, planned)
        told = await write_notices(source, planned)
        deliveries = await deliver_messages(source, max_messages=max_messages)
    return await publish(trial_report(planned, source.prices, changed=changed, told=told, deliveries=deliveries))
