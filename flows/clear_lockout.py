"""The job `clear_lockout`."""

from typing import Annotated

from pydantic import Field

from sereno.reports.model import Report
from sereno.support.kinds import CLEAR
from sereno.support.report import outcome_report, preview_report
from tasks.job import job
from tasks.publish import publish
from tasks.support import carry_out, choose_one, find_way, require_ops_admin
from tasks.systems import exclusive, load_system


@job(run_name="clear lockout {system} {lockout_id}")
async def clear_lockout(
    system: str,
    lockout_id: Annotated[str, Field(max_length=200)] = "",
    note: Annotated[str, Field(max_length=500)] = "",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Let somebody in again who was locked out of one system.

    When: support has made sure that whoever asks is the owner of the account.

    What it changes: the lockout is resolved and its user active again, in one transaction. Only for actors whom the
    system's file lists under `support.lockouts.ops_admin`; everybody else is refused. A second time changes nothing
    (`noop`). It is an event `clear_lockout` in the audit chain.

    When it fails: nothing was changed. Refused: somebody whom the file lists has to run it, or SERENO_ACTOR does not
    say who is acting; runs of a worker act as the worker. A lock that another session holds is waited for; run it
    again.

    Args:
        system: The system's name: a folder below `deployments/`.
        lockout_id: The lockout's id, not the user's. It has to be given; the form begins empty.
        note: Why, for the system's own audit log. Name no person: it stands in the run's parameters too.
        dry_run: Show what would be done; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    await require_ops_admin(source)
    how = await find_way(source, CLEAR)
    async with exclusive(source, "clear_lockout"):
        chosen = await choose_one(source, CLEAR, lockout_id, way=how)
        if dry_run:
            return await publish(preview_report(system, chosen, how))
        outcome = await carry_out(source, chosen, how, note=note)
    return await publish(outcome_report(system, chosen, how, outcome))
