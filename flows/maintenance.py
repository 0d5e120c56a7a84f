"""The job `maintenance`."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from sereno.maintenance.report import maintenance_report
from sereno.maintenance.wishes import Part, wishes_of
from sereno.reports.model import Report
from tasks.job import job
from tasks.maintenance import care_for_idle, care_for_table
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="maintenance {system} {part}")
async def maintenance(
    system: str,
    part: Part = Part.ALL,
    purges: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    idle_days: Annotated[int, Field(ge=1, le=365)] | None = None,
    idle_limit: Annotated[int, Field(ge=1, le=500)] | None = None,
    retain_days: Annotated[int, Field(ge=1, le=3650)] | None = None,
    max_delete: Annotated[int, Field(ge=1, le=50_000)] | None = None,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Deactivate the API clients of one system that nobody uses, and delete its old rows.

    When: on its schedule. By hand as a dry run after each change of `purges` or `maintenance` in the system's file: it
    says which rows would go, how many, how long that takes, and what else would go with them.

    What it changes: a live run deactivates clients that were idle for `idle_days`, then deletes rows that are older
    than each purge's `retain_days`, the lowest keys first, in short transactions that give way to others. It never
    deletes what is under legal hold. Clients come first, because logs that are gone could make a client look idle.

    When it fails: what was deleted is deleted, and counted; the rest stands, and the next run goes on with it. A lock
    that somebody holds, a vacuum or a lagging replica end a purge for this time: run it again later. A killed run is
    settled by the next one. Pause and cancel take effect within seconds.

    Args:
        system: The system's name: a folder below `deployments/`.
        part: `all`, `idle_clients` alone, or `purges` alone.
        purges: Only these purges, by the names that the system's file gives them, and no idle clients; empty for all.
        idle_days: A client without a call for so many days is idle. Default: as the system's file says, or 30.
        idle_limit: At most so many clients are deactivated. Default: as the file says, or 100.
        retain_days: Rows older than so many days go, for one purge only. Default: as the file says, or 90.
        max_delete: At most so many rows go, of each purge. Default: as the file says, or 5000.
        dry_run: Show what would be done; change nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    wishes = wishes_of(
        source,
        now=datetime.now(UTC),
        part=part,
        purges=purges,
        idle_days=idle_days,
        idle_limit=idle_limit,
        retain_days=retain_days,
        max_delete=max_delete,
    )
    async with exclusive(source, "maintenance"):
        idle = await care_for_idle(source, wishes, live=not dry_run)
        purged = [await care_for_table(source, purge, wishes, live=not dry_run) for purge in wishes.purges]
    return await publish(maintenance_report(source, idle, purged, live=not dry_run))
