"""The steps of `migrate`."""

from sereno.backup.manifest import BackupKind
from sereno.errors import IntegrityError
from sereno.migrate import permission, work
from sereno.migrate.plan import MigrationPlan
from sereno.systems.model import System
from tasks.backup import verify_written, write_backup
from tasks.run_context import current_job
from tasks.step import NETWORK, step

plan_migration = step(work.plan_migration, name="list what is pending", retry=NETWORK)
ask_approval = step(permission.ask_approval, name="ask for an approval")
run_migration = step(work.migrate, name="run the migration")
_use_approval = step(permission.use_approval, name="use approval {approval}")


async def use_approval(system: System, plan: MigrationPlan, approval: str) -> None:
    """Use the approval that a downgrade needs; refused without one."""
    job = current_job()
    await _use_approval(system, plan, approval=approval, run=job.flow_run_id or job.run_name)


async def backup_before(system: System) -> str:
    """Take a full backup and read it back; its id.

    Raises:
        IntegrityError: it cannot be read back, so nothing is begun.
    """
    written = await write_backup(system, BackupKind.FULL)
    checked = await verify_written(system, written)
    if checked.problems:
        raise IntegrityError(f"nothing was migrated: backup {written.id} cannot be read back: {checked.problems[0]}")
    return written.id
