"""The job `resolve_alert`."""

from typing import Annotated

from pydantic import Field

from sereno.reports.model import Report
from sereno.support.kinds import RESOLVE
from sereno.support.report import outcome_report, preview_report
from tasks.job import job
from tasks.publish import publish
from tasks.support import carry_out, choose_one, find_way
from tasks.systems import exclusive, load_system


@job(run_name="resolve alert {system} {alert_id}")
async def resolve_alert(
    system: str,
    alert_id: Annotated[str, Field(max_length=200)] = "",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Resolve an open alert of one system's operations console.

    When: what the alert tells of was looked into and is over.

    What it changes: the alert is resolved, now and by whoever acts. A second time changes nothing (`noop`). It is an
    event `resolve_alert` in the audit chain.

    When it fails: nothing was changed; the message says what to mend. Then run it again.

    Args:
        system: The system's name: a folder below `deployments/`.
        alert_id: The alert's id. It has to be given; the form begins empty.
        dry_run: Show what would be done; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    how = await find_way(source, RESOLVE)
    async with exclusive(source, "resolve_alert"):
        chosen = await choose_one(source, RESOLVE, alert_id, way=how)
        if dry_run:
            return await publish(preview_report(system, chosen, how))
        outcome = await carry_out(source, chosen, how)
    return await publish(outcome_report(system, chosen, how, outcome))
