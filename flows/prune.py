"""The job `prune`."""

from typing import Annotated

from pydantic import Field

from sereno.backup.prune_report import prune_report
from sereno.reports.model import Report
from tasks.job import job
from tasks.prune import delete, nobody_at_the_backups, plan_prune
from tasks.publish import publish
from tasks.systems import load_system


@job(run_name="prune {system}")
async def prune(
    system: str,
    max_delete: Annotated[int, Field(ge=1, le=500)] = 100,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Delete the backups of one system that its retention rules do not ask for, and show the calendar of what stays.

    When: every day, some time after the backup. By hand as a dry run after each change of `backup.retention` in the
    system's file or of BACKUP_RETENTION_DAYS, before the schedule acts on it.

    What it changes: nothing in the system. A live run deletes from every store what no rule asks for, the oldest
    first: never the newest that can be restored, what a backup that stays rests on, what is under legal hold, what is
    dated in the future, or a backup whose manifest cannot be read. Folders without a manifest go when nothing was
    written in them for 24 hours. A live run begins only while no job of this installation writes or reads backups of
    the system (backup, restore, verification, drill, change of keys), and none of them begins while it runs.

    When it fails: what was deleted is deleted, the rest stands; every backup that is listed is whole. The findings name
    each store that cannot be read or written, each manifest that is damaged and each increment whose parent is missing:
    mend the store, or fetch the backup from another one, and run it again. A hold that names an unknown backup stops
    everything: correct the id. Refused because another job runs: run it later.

    Args:
        system: The system's name: a folder below `deployments/`.
        max_delete: At most this many backups and leftovers go in one run, copies in other stores counted too; the next
            run goes on.
        dry_run: Show what would stay and go; delete nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with nobody_at_the_backups(source, dry_run=dry_run):
        plan = await plan_prune(source, max_delete=max_delete)
        outcomes = None if dry_run else await delete(source, plan)
    return await publish(prune_report(plan, outcomes))
