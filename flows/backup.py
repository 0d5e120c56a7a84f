"""The job `backup`."""

from sereno.backup.manifest import BackupKind
from sereno.backup.report import backup_report
from sereno.reports.model import Report
from tasks.backup import clear_leftovers, copy_to_other_stores, record_backup, verify_written, write_backup
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="backup {system} {kind}")
async def backup(
    system: str,
    kind: BackupKind = BackupKind.FULL,
    tables: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    content_digests: bool = False,
) -> Report:
    """Take an encrypted backup of one system and prove that it can be read back.

    When: on its schedule, and before anything risky. It needs read rights only and may run while the system is in use.

    What it changes: nothing in the system, unless its folder asks for a note of each backup in a table of its own
    (`sql/backups.record.sql`). It adds one backup to the system's first store and copies it to the others, with earlier
    ones that they lack, and deletes only what earlier runs of its own left unfinished.

    When it fails: there is no new backup; the earlier ones are untouched. The message says what to mend: a table that
    may not be read is granted, a full disk is cleared, a lock is waited for. Then run it again. When only a copy to
    another store failed the backup itself stands, and the next run copies what is missing. So it does when only the
    note in the system's own table failed, which is not repeated.

    Args:
        system: The system's name: a folder below `deployments/`.
        kind: What to take. `full`: everything. `incremental`: what changed since the newest backup; it becomes a full
            one, and says why, where it has nothing to build on. Both, and `data-only`, hold the system's volumes, an
            increment only those in which something changed. `critical`: the tables that the system's file names.
            `tables`: those named below. `data-only`: rows without the schema. `schema-only`: the schema without rows.
        tables: For the kind `tables`: which, such as `public.users`; a partitioned table stands for its partitions.
        content_digests: Have the server digest the tables of which an increment takes only changes, so that a drill
            can prove their content and not only count their rows. It reads each of them once more.
    """
    source = await load_system(system)
    async with exclusive(source, "backup"):
        cleared = await clear_leftovers(source)
        written = await write_backup(source, kind, tables=tables, content_digests=content_digests)
        checked = await verify_written(source, written)
        copies = await copy_to_other_stores(source)
        recorded = await record_backup(source, written, checked)
    return await publish(backup_report(written, checked, copies, cleared, recorded))
