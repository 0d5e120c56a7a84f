"""The steps of the compliance jobs."""

from __future__ import annotations

from datetime import datetime

from sereno.compliance import looking
from sereno.compliance.content import Content, Period, SealedReport
from sereno.compliance.report import files as report_files
from sereno.compliance.report import sealing, sending
from sereno.messages.deliveries import Deliveries
from sereno.reports.model import Finding, ReportFile
from sereno.systems.model import System
from sereno.systems.sections.compliance import Language
from tasks.run_context import current_job
from tasks.step import NETWORK, step

_reach = step(looking.reach, name="reach the database", retry=NETWORK)
_ask_tables = step(looking.ask_tables, name="ask the system's tables")
_ask_own = step(looking.ask_own, name="ask ledger, stores and catalog")
_ask_trail = step(looking.ask_trail, name="ask the audit trail", retry=NETWORK)

_seal = step(sealing.seal, name="seal every part in the audit chain", retry=NETWORK)
_write_files = step(report_files.write_files, name="write PDF, HTML, workbook and JSON")
_store_files = step(report_files.store_files, name="copy the report to the stores", retry=NETWORK)
_send = step(sending.send, name="send the report to the officer", retry=NETWORK)
send_waiting = step(sending.send_waiting, name="send reports that wait", retry=NETWORK)


async def look(system: System, period: Period, *, now: datetime) -> looking.Seen:
    """Everything that a report is about; what cannot be answered is said in its place."""
    map_ = await _reach(system)
    return looking.Seen(
        period=period,
        now=now,
        map_=map_,
        tables=await _ask_tables(system, period, now=now),
        own=await _ask_own(system, map_),
        trail=await _ask_trail(system, period),
    )


def language_of(system: System, language: str) -> Language:
    """The language that was asked for, or the system's own."""
    return Language(language) if language else looking.section_of(system).language


async def seal(content: Content) -> SealedReport:
    """Put the digests of all parts into one event of the audit chain."""
    return await _seal(content, run_id=current_job().flow_run_id)


async def write_files(system: System, sealed: SealedReport) -> tuple[ReportFile, ...]:
    """Write the report in all its formats, and delete those below SERENO_HOME whose time is over."""
    return await _write_files(system, sealed, run_id=current_job().flow_run_id)


async def store_files(system: System, sealed: SealedReport, files: tuple[ReportFile, ...]) -> tuple[Finding, ...]:
    """Copy the report to every store, under retention."""
    return await _store_files(system, sealed, files)


async def send(system: System, sealed: SealedReport, files: tuple[ReportFile, ...]) -> Deliveries | None:
    """Send the report to the data-protection officer, where there is one."""
    return await _send(system, sealed, files, run_id=current_job().flow_run_id)
