"""The job `migrate`."""

from sereno.migrate.plan import MigrationWay
from sereno.migrate.report import migration_report, nothing_report, preview_report
from sereno.reports.model import Report
from tasks.job import job
from tasks.migrate import ask_approval, backup_before, plan_migration, run_migration, use_approval
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="migrate {system} {direction}")
async def migrate(
    system: str,
    direction: MigrationWay = MigrationWay.UPGRADE,
    to: str = "",
    approval: str = "",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Bring the schema of one system up to date by its own migration command, or back to an earlier version.

    When: after a new release of the system was put in place, before it is started. First as a dry run, which lists what
    is pending.

    What it changes: whatever the system's migrations change. A live run has the system to itself. It takes a full
    backup and reads it back before anything else, runs the command that the system's file names, and says which version
    was there before and is there now. A downgrade needs the approval that its dry run gives.

    When it fails: the finding has the last lines that the command wrote, and the report ends with the way back: the
    downgrade, or the restore of the backup that was taken before. Most tools undo a migration that failed; the version
    after says whether this one did. Do not start the system on a schema that is half migrated.

    Args:
        system: The system's name: a folder below `deployments/`.
        direction: `upgrade` applies all that is pending. `downgrade` goes back, and loses what later versions added.
        to: For a downgrade: the version to go back to, as the report of the upgrade names it.
        approval: For a downgrade: what its dry run ends with. It can be used once, within a day.
        dry_run: Show what is pending or would be undone; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "migrate", alone=not dry_run):
        plan = await plan_migration(source, direction=direction, to=to)
        if dry_run:
            return await publish(preview_report(source, plan, await ask_approval(source, plan)))
        await use_approval(source, plan, approval)
        if plan.nothing_to_do:
            return await publish(nothing_report(source, plan))
        backup = await backup_before(source)
        migrated = await run_migration(source, plan)
    return await publish(migration_report(source, plan, backup, migrated))
