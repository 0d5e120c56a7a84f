"""Verifying the audit chain of a system from where the last verification ended, and noting how far it came."""

from __future__ import annotations

from datetime import UTC, datetime

from sereno import audit
from sereno.audit import Verification
from sereno.auditing.noted_heads import note_in_store
from sereno.auditing.witnesses import Witnesses
from sereno.backup.place import BackupPlace
from sereno.errors import SerenoError
from sereno.ledger import open_ledger
from sereno.ledger.verified import last_verified, note_verified
from sereno.reports.model import Finding
from sereno.settings import load_settings
from sereno.systems.model import System


def verify_chain(system: System, witnesses: Witnesses, *, full: bool) -> Verification:
    """Check the chain of `system` against itself and against `witnesses`; what holds is remembered for the next time.

    Args:
        system: whose chain.
        witnesses: what is known of it outside the ledger.
        full: read every event, instead of those since the last verification.

    Raises:
        SerenoError: the ledger cannot be read or written.
    """
    with open_ledger(load_settings()) as ledger:
        after = None if full else last_verified(ledger, system.name)
        verified = audit.verify(ledger, system.name, against=witnesses.anchors, after=after)
        if verified.passed and verified.head:
            note_verified(ledger, system.name, verified.head, at=datetime.now(UTC))
    return verified


def note_head(system: System, verified: Verification) -> tuple[Finding, ...]:
    """Write the head of a chain that holds into every store of `system`; a finding for each store."""
    if not verified.passed or verified.head is None or system.backup is None:
        return ()
    findings = []
    for place in BackupPlace.all_of(system, load_settings()):
        name = f"the chain's head is noted in store {place.store.name}"
        try:
            new = note_in_store(place.store, system.name, verified.head, at=datetime.now(UTC))
        except SerenoError as error:
            findings.append(Finding(name=name, passed=False, evidence=str(error)))
            continue
        evidence = f"event {verified.head.sequence:,}" + ("" if new else ", as before")
        findings.append(Finding(name=name, passed=True, evidence=evidence))
    return tuple(findings)
