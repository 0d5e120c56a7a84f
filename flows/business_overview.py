"""The job `business_overview`."""

from datetime import UTC, datetime

from sereno.overview.report import overview_report
from sereno.overview.snapshot import ALL
from sereno.reports.model import Report
from tasks.business_overview import look, remember, write_files
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="business overview {system}")
async def business_overview(system: str, scope: str = ALL) -> Report:
    """Say on one page how the business of a system goes: tenants, revenue, trials, notifications, API, operations.

    When: every day, early in the morning, and whenever its owner asks. A day has one snapshot; a second run on the same
    day takes its place. From the snapshots come the trends over 30 and 90 days, who came and went, and how many trials
    became customers.

    What it changes: nothing in the system. The snapshot, without any name, is kept in Sereno's ledger, and its tables
    lie beside the reports as a workbook and as JSON.

    When it fails: a part of it could not be looked at, which a finding says with its reason; mend the SQL file or the
    rights that it names, and run it again: the other parts are right, and a day that was seen whole is not replaced by
    one that was not. Plans without a price, many API errors and jobs that failed are told and do not fail it.
    docs/business-overview.md has what each figure means.

    Args:
        system: The system's name: a folder below `deployments/`.
        scope: One tenant, by its id; `all` is every tenant.
    """
    source = await load_system(system)
    async with exclusive(source, "business_overview"):
        seen = await look(source, scope=scope, now=datetime.now(UTC))
        history = await remember(source, seen)
        files = await write_files(source, history, scope=scope)
    return await publish(overview_report(source, seen, history, files=files))
