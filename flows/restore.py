"""The job `restore`."""

from sereno.reports.model import Report
from sereno.restore.report import plan_report, restore_report
from tasks.job import job
from tasks.publish import publish
from tasks.restore import (
    check_target,
    create_roles,
    load_rows,
    plan_restore,
    prove_content,
    prove_schema,
    restore_after_rows,
    restore_before_rows,
    target_database,
)
from tasks.systems import exclusive, load_system


@job(run_name="restore {system} {backup} to {target}")
async def restore(
    system: str,
    backup: str = "latest",
    tables: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    target: str = "scratch",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Rebuild a backup in an empty database and prove that its content is what was backed up.

    When: to look at old rows, to fill a staging database, and on a schedule, as proof that the backups are good.

    What it changes: a dry run, nothing: it opens the backup and looks at the target. A live run fills the target,
    which has to be empty; `scratch` is a server of its own that is gone when the run ends. The system itself is never
    touched.

    When it fails: the message names the table or the program that failed. The target is then half filled: drop and
    create it again. A failed proof names each table that differs from the backup; take a new backup and tell a
    developer.

    Args:
        system: The system's name: a folder below `deployments/`.
        backup: `latest`, or an id from `sereno backups list`.
        tables: Only these tables, such as `public.users`; a partitioned table stands for its partitions. Empty: all.
        target: `scratch`, or the name of a target in the system's file.
        dry_run: Show what would be restored; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "restore"):
        plan = await plan_restore(source, backup=backup, tables=tables, target=target)
        if dry_run:
            return await publish(plan_report(plan))
        async with target_database(source, plan) as database:
            ready = await check_target(plan, database)
            if not all(finding.passed for finding in ready):
                return await publish(restore_report(plan, ready))
            roles = await create_roles(plan, database)
            await restore_before_rows(source, plan, database, roles)
            await load_rows(source, plan, database)
            await restore_after_rows(source, plan, database, roles)
            proof = await prove_content(source, plan, database)
            schema = await prove_schema(plan, database, roles)
    return await publish(restore_report(plan, (*ready, *proof, *schema), roles))
