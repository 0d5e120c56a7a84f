"""The job `compliance_report`."""

from datetime import UTC, datetime
from typing import Literal

from sereno.compliance.composing import compose
from sereno.compliance.period import period_between
from sereno.compliance.report.outcome import report_outcome
from sereno.reports.model import Report
from tasks.compliance import language_of, look, seal, send, store_files, write_files
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="compliance report {system}")
async def compliance_report(
    system: str, date_from: str = "", date_to: str = "", language: Literal["", "pt", "es", "en"] = ""
) -> Report:
    """Write the compliance report of one system: score, controls, consents, requests, breaches, registers, evidence.

    When: on the first of each month, about the month before, and whenever the officer asks, about any period of up to
    ten years. Controls are judged as things stand now; requests, breaches, logins and the audit trail by the period.

    What it changes: nothing in the system. PDF, HTML, workbook and JSON go to SERENO_HOME/reports/compliance and to
    every store, are kept as long as the section `compliance` says, and are sent to its officer. Each part is sealed in
    the audit chain: `sereno report verify FILE` proves it.

    When it fails: a store could not be written, or the officer was not reached; the finding says which. Mend it and run
    it again: a further report of the same period is a report of its own, and the newest counts. What the report says
    fails no run; compliance_check fails for that, on the same day. docs/compliance-report.md has the rest.

    Args:
        system: The system's name: a folder below `deployments/`.
        date_from: The first day, such as 2026-10-01. Empty: the first of the month of the last day.
        date_to: The last day. Empty: the end of the month of the first day, or of the month before this one.
        language: pt, es or en. Empty: the language of the section `compliance`.
    """
    source, now = await load_system(system), datetime.now(UTC)
    period = period_between(date_from, date_to, now=now, zone=source.zone)
    async with exclusive(source, "compliance_report"):
        seen = await look(source, period, now=now)
        sealed = await seal(compose(source, seen, language=language_of(source, language)))
        files = await write_files(source, sealed)
        stored = await store_files(source, sealed, files)
        sent = await send(source, sealed, files)
    return await publish(report_outcome(source, sealed, files, stored, sent))
