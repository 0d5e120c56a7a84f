"""The job `verify_backups`."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import Field

from sereno.reports.model import Report
from sereno.verify.choice import chosen
from sereno.verify.report import verification_report
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system
from tasks.verify_backups import read_backup, take_inventory


@job(run_name="verify backups {system}")
async def verify_backups(system: str, share: Annotated[int, Field(ge=1, le=100)] = 25) -> Report:
    """Read a share of the backups, every byte of them, and see that the newest one is new enough.

    When: every day. With a share of 25 % each backup is read within four runs; the newest one, with all that it rests
    on, and those that were damaged before are read in every run.

    What it changes: nothing, neither in the system nor in the stores. The ledger remembers when each backup was read.

    When it fails: a finding names what is wrong. A damaged backup is fetched from another copy; where there is none,
    take a full backup now. A backup that is too old means that its schedule did not run, or that its runs fail: look
    at the runs of `backup`. A damaged backup stays a finding until it is mended or deleted.

    Args:
        system: The system's name: a folder below `deployments/`.
        share: How many of a hundred backups are read, at least; 100 for all.
    """
    source = await load_system(system)
    async with exclusive(source, "verify_backups"):
        inventory = await take_inventory(source)
        due = [each for store in inventory.stores for each in chosen(inventory.of_store(store), share_percent=share)]
        readings = [await read_backup(source, each) for each in due]
    return await publish(verification_report(source, inventory, readings, share_percent=share, now=datetime.now(UTC)))
