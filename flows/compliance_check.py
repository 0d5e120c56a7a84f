"""The job `compliance_check`."""

from datetime import UTC, datetime

from sereno.compliance.check_report import check_report
from sereno.compliance.composing import compose
from sereno.compliance.period import last_days
from sereno.reports.model import Report
from sereno.systems.sections.compliance import Language
from tasks.compliance import look, send_waiting
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="compliance check {system}")
async def compliance_check(system: str) -> Report:
    """Judge every control of one system now, so that what stops to hold is known today and not with the next report.

    When: every day. It looks at the last 30 days, asks what the report asks, and writes no report.

    What it changes: nothing in the system. A report that waits for its officer is sent again.

    When it fails: a control of high or critical severity does not hold. The finding says which and by which figures;
    docs/compliance.md says how each is judged and what mends it. A control without data fails nothing and is told: a
    SQL file is missing, was refused, or took too long, and the finding says which.

    Args:
        system: The system's name: a folder below `deployments/`.
    """
    source, now = await load_system(system), datetime.now(UTC)
    async with exclusive(source, "compliance_check"):
        seen = await look(source, last_days(30, now=now, zone=source.zone), now=now)
        sent = await send_waiting(source)
    return await publish(check_report(compose(source, seen, language=Language.ENGLISH), sent))
