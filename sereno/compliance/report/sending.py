"""Sending a report to the data-protection officer, through the outbox: tried again, and logged without an address.

A report that no channel took waits in the outbox; `compliance_check`, which runs every day, tries it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno.compliance.content import SealedReport
from sereno.compliance.looking import section_of
from sereno.compliance.report.paging import page_of
from sereno.compliance.report.sealing import JOB
from sereno.compliance.report.texts import Texts
from sereno.errors import ConfigurationError, SerenoError
from sereno.ledger import open_ledger
from sereno.messages.deliveries import Deliveries
from sereno.messages.delivery import Composed, Delivery
from sereno.messages.identity import stable_id
from sereno.messages.message import Attachment, Message, Recipient
from sereno.messages.outbox import Entry, Outbox, Pending, put_missing
from sereno.messages.recipients import recipient_key
from sereno.reports.build import human_count
from sereno.reports.model import Finding, ReportFile
from sereno.settings import load_settings
from sereno.systems.model import System

_MEDIA = {
    ".pdf": "application/pdf",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_AT_MOST = 50
SENT = "the report was sent to the data-protection officer"


def send(system: System, sealed: SealedReport, files: Sequence[ReportFile], *, run_id: str | None) -> Deliveries | None:
    """Send the report to the officer; None where the section names none. Safe to repeat: it is one message.

    Raises:
        ConfigurationError: there is an officer and no section `messages`.
        MissingSecretError: the officer's address is not set.
        SerenoError: the ledger cannot be written.
    """
    if not _officer(system):
        return None
    home = load_settings().home_path
    places = {Path(file.name).suffix.removeprefix("."): str(Path(file.path).relative_to(home)) for file in files}
    entry = Entry(id=stable_id(JOB, system.name, sealed.sealed.hash), topic=JOB, reference=places)
    with open_ledger() as ledger:
        put_missing(ledger, [entry], system=system.name, job=JOB, now=datetime.now(UTC), run_id=run_id)
    return _deliver(system)


def send_waiting(system: System) -> tuple[Finding, ...]:
    """Deliver the reports that wait for the officer: a finding where there are any, also where that is not possible."""
    try:
        with open_ledger() as ledger:
            waiting = Outbox(ledger, system=system.name, job=JOB).waiting()
        sent = _deliver(system) if waiting and section_of(system).officer else None
    except SerenoError as error:
        return (Finding(name=SENT, passed=False, evidence=str(error)),)
    return (sending_finding(sent),) if sent else ()


def sending_finding(sent: Deliveries) -> Finding:
    """Whether what was to be sent has arrived."""
    problems = "; ".join(f"{why} ({count})" for why, count in sent.problems.items())
    reached = not (sent.waiting or sent.failed or sent.unreachable)
    evidence = f"{human_count(sent.delivered, 'message')} delivered"
    if sent.waiting:
        evidence += f", {sent.waiting} waiting: compliance_check tries again every day"
    return Finding(name=SENT, passed=reached, evidence=f"{evidence}; {problems}" if problems else evidence)


def _deliver(system: System) -> Deliveries:
    if system.messages is None:
        raise ConfigurationError(
            f"{system.name} names an officer and has no section messages: name a channel by which the report is sent"
        )
    manners = system.messages.model_copy(update={"quiet_hours": None})  # it comes once a month, and is awaited
    recipient = Recipient(addresses={"email": _officer(system)}, zone=system.zone)
    with open_ledger() as ledger:
        outbox = Outbox(ledger, system=system.name, job=JOB)
        delivery = Delivery(outbox, manners, lambda waiting: _composed(waiting, recipient), key=recipient_key())
        return delivery.deliver(at_most=_AT_MOST)


def _officer(system: System) -> str:
    officer = section_of(system).officer
    return officer.resolve() if officer else ""


def _composed(waiting: Sequence[Pending], recipient: Recipient) -> Mapping[str, Composed]:
    return {message.id: _one(message, recipient) for message in waiting}


def _one(message: Pending, recipient: Recipient) -> Composed:
    home = load_settings().home_path
    paths = {kind: home / path for kind, path in message.reference.items()}
    missing = next((path for path in paths.values() if not path.is_file()), None)
    if missing:
        return Composed(canceled=f"{missing.name} is not there any more")
    told = SealedReport.model_validate_json(paths["json"].read_bytes())

    def write(identifier: str, address: str) -> Message:
        return _message(identifier, address, told, paths)

    return Composed(recipient=recipient, write=write)


def _message(identifier: str, address: str, sealed: SealedReport, paths: Mapping[str, Path]) -> Message:
    content, say = sealed.content, Texts(sealed.content.language)
    period = {"since": content.period.since.isoformat(), "until": content.period.until.isoformat()}
    text = say(
        "mail.text",
        headline=page_of(sealed).headline,
        event=sealed.sealed.sequence,
        hash=sealed.sealed.hash,
        system=content.system,
        sha256=hashlib.sha256(paths["pdf"].read_bytes()).hexdigest(),
    )
    return Message(
        id=identifier,
        address=address,
        subject=say("mail.subject", title=content.title, value=content.score.value, **period),
        text=text,
        attachments=tuple(
            Attachment(name=path.name, content=path.read_bytes(), media_type=_MEDIA[path.suffix])
            for path in paths.values()
            if path.suffix in _MEDIA
        ),
        topic=JOB,
        locale=content.language.value,
        reference={"event": str(sealed.sealed.sequence)},
    )
