"""The job `restore_drill`."""

from datetime import UTC, datetime

from sereno.drill.drill import Drill
from sereno.drill.report import drill_preview, drill_report, findings_about_backup
from sereno.reports.model import Report
from tasks.job import job
from tasks.publish import publish
from tasks.restore import (
    check_target,
    create_roles,
    load_rows,
    prove_content,
    prove_schema,
    prove_volumes,
    restore_after_rows,
    restore_before_rows,
)
from tasks.restore_drill import (
    drill_database,
    drill_rooms,
    plan_drill,
    prove_structure,
    remember_drill,
    run_own_checks,
    unpack_drill_volumes,
)
from tasks.systems import exclusive, load_system


@job(run_name="restore drill {system} {backup}")
async def restore_drill(
    system: str, backup: str = "latest", store: str = "", dry_run: bool = True, confirm_live: str = ""
) -> Report:
    """Rehearse the disaster: restore the newest backup on a server of its own, and prove that it is what was there.

    When: every week, and after a change to the database's server or to how it is backed up.

    What it changes: nothing in the system. A live run fills a database that is gone when the run ends: on a scratch
    server of its own, or on the server that the system's file names under `drill`; volumes are unpacked into a folder
    of SERENO_HOME that is gone, too. A dry run opens the backup and says
    what would be restored.

    When it fails: treat it as if there were no backup. The findings name what is wrong: a backup that cannot be read is
    fetched from another copy, and where that does not help, take a full backup now and drill again. A check query or a
    newest row that fails says something about the system's own data; docs/runbooks/restore-drill.md has each finding.

    Args:
        system: The system's name: a folder below `deployments/`.
        backup: `latest` for the newest one that everything can be restored from, or an id from `sereno backups list`.
        store: From which of the system's stores. Empty: the first that has the backup with all that it rests on.
        dry_run: Show what would be restored; restore nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "restore_drill"):
        plan = await plan_drill(source, backup=backup, store=store)
        if dry_run:
            return await publish(drill_preview(source, plan, now=datetime.now(UTC)))
        drill = Drill(plan)
        drill.found(findings_about_backup(source, drill))
        with drill.to_its_end():
            async with drill_database(source, drill) as database, drill_rooms(source, drill) as rooms:
                with drill.phase("schema"):
                    drill.found(await check_target(plan.restore, database))
                    roles = await create_roles(plan.restore, database)
                    await restore_before_rows(source, plan.restore, database, roles)
                with drill.phase("rows"):
                    await load_rows(source, plan.restore, database)
                with drill.phase("indexes"):
                    await restore_after_rows(source, plan.restore, database, roles)
                volumes = await unpack_drill_volumes(source, drill, rooms)
                with drill.phase("proof"):
                    drill.found(await prove_content(source, plan.restore, database))
                    drill.found(await prove_schema(source, plan.restore, database, roles))
                    drill.found(await prove_structure(database))
                    drill.found(await run_own_checks(source, plan, database))
                    drill.found(await prove_volumes(source, plan.restore, volumes))
        drills = await remember_drill(source, drill)
    return await publish(drill_report(source, drill, drills))
