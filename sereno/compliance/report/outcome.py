"""What the job `compliance_report` reports of its run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.compliance.check_report import figures_of, findings_of, headline_of
from sereno.compliance.content import SealedReport
from sereno.compliance.report.paging import page_of
from sereno.compliance.report.sending import SENT, sending_finding
from sereno.compliance.report.to_html import charts_of
from sereno.messages.deliveries import Deliveries
from sereno.reports.model import Draft, Finding, ReportFile
from sereno.systems.model import System


def report_outcome(
    system: System,
    sealed: SealedReport,
    files: Sequence[ReportFile],
    stored: Sequence[Finding],
    sent: Deliveries | None,
) -> Draft:
    """The run: it failed where the report lies not where it has to, or went to nobody. What it says fails no run."""
    content = sealed.content
    return Draft(
        headline=headline_of(content),
        figures={**figures_of(content), "sealed_in_event": sealed.sealed.sequence},
        findings=(*_told(sealed), *stored, _sending(system, sent)),
        files=tuple(files),
        charts=charts_of(page_of(sealed)),
    )


def _told(sealed: SealedReport) -> Iterator[Finding]:
    for finding in findings_of(sealed.content):
        yield finding.model_copy(update={"required": False})


def _sending(system: System, sent: Deliveries | None) -> Finding:
    if sent is None:
        evidence = f"the section compliance of {system.name} names no officer"
        return Finding(name=SENT, passed=False, required=False, evidence=evidence)
    return sending_finding(sent)
