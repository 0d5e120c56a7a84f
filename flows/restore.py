"""The job `restore`."""

from sereno.reports.model import Report
from sereno.restore.chosen import RestorePlan
from sereno.restore.report import Outcome, plan_report, restore_report
from sereno.restore.way import Way
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from tasks.job import job
from tasks.publish import publish
from tasks.restore import (
    check_target,
    create_roles,
    load_rows,
    plan_restore,
    prove_content,
    prove_schema,
    refill_tables,
    restore_after_rows,
    restore_before_rows,
    target_database,
)
from tasks.systems import exclusive, load_system


@job(run_name="restore {system} {backup} to {target}")
async def restore(
    system: str,
    backup: str = "latest",
    as_of: str = "",
    tables: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    target: str = "scratch",
    data_only: bool = False,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Bring a backup back, and prove that what is there is what was backed up.

    When: to look at old rows, to fill a staging database, and on a schedule, as proof that the backups are good.

    What it changes: a dry run, nothing: it opens the backup, looks at the target and says what a live run would do. A
    live run fills the target: an empty database, or with `data_only` the empty tables of one. `scratch` is a server
    of its own that is gone when the run ends. The system itself is never touched.

    When it fails: the message names the table or the program that failed. An empty database is then half filled: drop
    and create it again; tables that were to be refilled are as they were. A failed proof names each table that differs
    from the backup; take a new backup and tell a developer.

    Args:
        system: The system's name: a folder below `deployments/`.
        backup: `latest` (the newest full or incremental one), or an id from `sereno backups list`.
        as_of: Instead of an id: the newest backup taken at or before this time, such as `2026-11-23T02:00:00` in the
            system's time zone, or with an offset.
        tables: Only these tables, such as `public.users`; a partitioned table stands for its partitions. Empty: all.
            The dry run lists the foreign keys that will be missing then.
        target: `scratch`, or the name of a target in the system's file.
        data_only: Only rows, into tables that the target has already: with the same columns, and empty.
        dry_run: Show what would be restored; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "restore"):
        plan = await plan_restore(source, backup=backup, as_of=as_of, tables=tables, target=target, data_only=data_only)
        if dry_run:
            return await publish(plan_report(plan))
        async with target_database(source, plan) as database:
            way = _refill if plan.way is Way.REFILL else _build
            outcome = await way(source, plan, database)
    return await publish(restore_report(plan, outcome))


async def _build(source: System, plan: RestorePlan, database: Secret) -> Outcome:
    """Schema and rows into an empty database."""
    ready = await check_target(plan, database)
    if not all(finding.passed for finding in ready):
        return Outcome(ready, restored=False)
    roles = await create_roles(plan, database)
    await restore_before_rows(source, plan, database, roles)
    await load_rows(source, plan, database)
    await restore_after_rows(source, plan, database, roles)
    proof = await prove_content(source, plan, database)
    schema = await prove_schema(plan, database, roles)
    return Outcome((*ready, *proof, *schema), roles=roles)


async def _refill(source: System, plan: RestorePlan, database: Secret) -> Outcome:
    """Rows into tables that are there, in one transaction that is proven before it is committed."""
    proof = await refill_tables(source, plan, database, overwrite=plan.over_original)
    return Outcome(proof, restored=all(finding.passed for finding in proof))
