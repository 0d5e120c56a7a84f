"""What the job `audit_verify` reports."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.audit import Verification
from sereno.auditing.witnesses import Witnesses
from sereno.reports.build import headline, human_count
from sereno.reports.model import Draft, Finding


def chain_finding(verified: Verification, *, outside: str) -> Finding:
    """Whether every link holds; `outside` says what to do where nothing outside the ledger could be compared with."""
    evidence = f"{human_count(verified.checked, 'event')} sealed by one another"
    if verified.since:
        evidence = f"{evidence}, on from event {verified.since:,}, where the verification before this one ended"
    if verified.broken:
        evidence = f"event {verified.broken.sequence:,}: {verified.broken.evidence}"
    elif not verified.anchors:
        evidence += f"; nothing to compare with was given, so a cut end would not be seen ({outside})"
    return Finding(name="every link of the audit chain holds", passed=verified.passed, evidence=evidence)


def audit_report(verified: Verification, witnesses: Witnesses, noted: Sequence[Finding]) -> Draft:
    """The report on a verification."""
    chain = chain_finding(verified, outside="no store of the system remembers its head yet")
    findings = (chain, *witnesses.findings, *noted)
    return Draft(
        headline=verified.summary if verified.broken else headline(findings, verified.summary),
        figures={
            "events": verified.since + verified.checked,
            "read": verified.checked,
            "relied_on_until": verified.since,
            "anchors": verified.anchors,
            "head_sequence": verified.head.sequence if verified.head else None,
            "head_hash": verified.head.hash if verified.head else None,
        },
        findings=findings,
    )
