"""The job `restore`."""

from collections.abc import Sequence

from sereno.reports.model import Finding, Report
from sereno.restore.chosen import RestorePlan
from sereno.restore.report import Outcome, plan_report, restore_report
from sereno.restore.volume_rooms import VolumeRoom
from sereno.restore.way import Way, WithVolumes
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.restore import ORIGINAL
from tasks.job import job
from tasks.publish import publish
from tasks.restore import (
    ask_approval,
    check_target,
    create_roles,
    load_rows,
    plan_restore,
    prove_content,
    prove_schema,
    prove_volumes,
    put_in_place,
    put_volumes_in_place,
    refill_tables,
    restore_after_rows,
    restore_before_rows,
    rooms_for_volumes,
    services_stopped,
    side_database,
    smoke_afterwards,
    target_database,
    unpack_volumes,
    use_approval,
)
from tasks.systems import exclusive, load_system


@job(run_name="restore {system} {backup} to {target}")
async def restore(
    system: str,
    backup: str = "latest",
    as_of: str = "",
    store: str = "",
    tables: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    target: str = "scratch",
    data_only: bool = False,
    volumes: WithVolumes = WithVolumes.WITH,
    approval: str = "",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Bring a backup back, and prove that what is there is what was backed up.

    When: to look at old rows, to fill a staging database, on a schedule as proof that the backups are good, and when
    the system's own data is lost or wrong (docs/runbooks/restore.md says which way when).

    What it changes: a dry run, nothing: it opens the backup, looks at the target and says what a live run would do. A
    live run fills the target: `scratch`, a server of its own that is gone when the run ends; an empty database; with
    `data_only` the empty tables of one. Only the target `original` touches the system: the whole backup is built in a
    new database that takes the original's name when it is proven, and the old one is kept under another; with
    `data_only` the rows of tables are replaced in one transaction. It needs the approval that a dry run gives. Volumes
    are unpacked beside their place and proven there: for `scratch` they are then gone, a named target gets them in its
    `volumes_folder`, and in the original they take the place of its directories, which are kept under other names.
    Over the original the system's services are stopped before and started after, and its first smoke suite is run.

    When it fails: the message names the table or the program that failed. An empty database is then half filled: drop
    and create it again. The original, and tables that were to be refilled, are as they were. A failed proof names each
    table that differs from the backup; take a new backup and tell a developer.

    Args:
        system: The system's name: a folder below `deployments/`.
        backup: `latest` (the newest full or incremental one), or an id from `sereno backups list`.
        as_of: Instead of an id: the newest backup taken at or before this time, such as `2026-11-23T02:00:00` in the
            system's time zone, or with an offset.
        store: From which of the system's stores. Empty: the first that has the backup with all that it rests on.
        tables: Only these tables, such as `public.users`; a partitioned table stands for its partitions. Empty: all.
            The dry run lists the foreign keys that will be missing then.
        target: `scratch`, the name of a target in the system's file, or `original` for the system's own database.
        data_only: Only rows, into tables that the target has already, with the same columns. They have to be empty,
            except in the original, where their rows are replaced.
        volumes: The system's directories in the backup. `with`: they come with a whole database. `without`: only the
            database. `only`: only they; the database is not touched.
        approval: For the original: what the dry run's report ends with. It can be used once, within a day.
        dry_run: Show what would be restored; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "restore", alone=target == ORIGINAL and not dry_run):
        plan = await plan_restore(
            source,
            backup=backup,
            as_of=as_of,
            store=store,
            tables=tables,
            target=target,
            data_only=data_only,
            volumes=volumes,
        )
        if dry_run:
            return await publish(plan_report(system, plan, await ask_approval(source, plan)))
        await use_approval(source, plan, approval)
        async with services_stopped(source, plan) as services:
            outcome = await WAYS[plan.way](source, plan)
        answers = await smoke_afterwards(source, plan) if outcome.restored and outcome.passed else ()
    return await publish(restore_report(plan, outcome, (*services, *answers)))


async def build(source: System, plan: RestorePlan) -> Outcome:
    """Fill an empty database."""
    async with target_database(source, plan) as database, rooms_for_volumes(source, plan) as rooms:
        outcome = await fill(source, plan, database)
        if outcome.restored and outcome.passed:
            outcome = outcome.also(await fill_rooms(source, plan, rooms))
        return outcome.also(await put_volumes_in_place(rooms)) if outcome.passed else outcome


async def refill(source: System, plan: RestorePlan) -> Outcome:
    """Put rows into tables that are there; it is proven before it is committed."""
    async with target_database(source, plan) as database:
        refilled = await refill_tables(source, plan, database, overwrite=plan.over_original)
        return Outcome(refilled.findings, restored=refilled.committed)


async def replace(source: System, plan: RestorePlan) -> Outcome:
    """Fill a new database beside the original, and let it take the original's name; the original is kept."""
    async with side_database(source) as side, rooms_for_volumes(source, plan) as rooms:
        outcome = await fill(source, plan, side.url)
        if outcome.restored and outcome.passed:
            outcome = outcome.also(await fill_rooms(source, plan, rooms))
        if not outcome.restored or not outcome.passed:
            return outcome.undone()
        outcome = outcome.put_in_place(await put_in_place(source, side))
        return outcome.also(await put_volumes_in_place(rooms))


async def restore_files(source: System, plan: RestorePlan) -> Outcome:
    """Volumes alone."""
    async with rooms_for_volumes(source, plan) as rooms:
        outcome = Outcome(tuple(await fill_rooms(source, plan, rooms)))
        return outcome.also(await put_volumes_in_place(rooms)) if outcome.passed else outcome.undone()


async def fill(source: System, plan: RestorePlan, database: Secret) -> Outcome:
    """Schema and rows into an empty database, and the proof."""
    ready = await check_target(plan, database)
    if not all(finding.passed for finding in ready):
        return Outcome(ready, restored=False)
    roles = await create_roles(plan, database)
    await restore_before_rows(source, plan, database, roles)
    await load_rows(source, plan, database)
    await restore_after_rows(source, plan, database, roles)
    proof = await prove_content(source, plan, database)
    schema = await prove_schema(source, plan, database, roles)
    return Outcome((*ready, *proof, *schema), roles=roles)


async def fill_rooms(source: System, plan: RestorePlan, rooms: Sequence[VolumeRoom]) -> Sequence[Finding]:
    """Volumes beside their place, and the proof."""
    return await prove_volumes(source, plan, await unpack_volumes(source, plan, rooms))


WAYS = {Way.BUILD: build, Way.REFILL: refill, Way.REPLACE: replace, Way.FILES: restore_files}
