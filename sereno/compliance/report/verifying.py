"""Checking a report that somebody holds against the ledger: an edit of it, or of history, is found and named."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from sereno import audit
from sereno.audit import Anchor
from sereno.auditing.report import chain_finding
from sereno.auditing.witnesses import ask_witnesses
from sereno.compliance.content import SCHEMA, SealedReport
from sereno.compliance.evidence import digest_of
from sereno.compliance.report.sealing import FILE, PART, SEALED, WRITTEN
from sereno.errors import ConfigurationError
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.chain import members
from sereno.ledger.models import AuditRow
from sereno.regular_files import read_regular
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.systems.loader import load_system

_AT_MOST_BYTES = 64 * 1024 * 1024
_KINDS = (".json", ".pdf", ".html", ".xlsx")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found out about a file."""

    system: str
    """Whose report it is; empty where nobody can tell."""
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Event:
    system: str
    sequence: int
    hash: str
    said: Mapping[str, Any]

    @property
    def figures(self) -> Mapping[str, Any]:
        figures = self.said.get("figures")
        return figures if isinstance(figures, dict) else {}


def verify_report(path: Path) -> Checked:
    """Check the report at `path` (JSON, PDF, HTML or workbook), its system's audit chain, and what stores know of it.

    Raises:
        ConfigurationError: it cannot be read, or is none of these.
        SerenoError: the ledger cannot be read.
    """
    if path.suffix.lower() not in _KINDS:
        raise ConfigurationError(f"{path} is no compliance report: its name ends with none of {', '.join(_KINDS)}")
    content = read_regular(path, at_most=_AT_MOST_BYTES)
    sealed = _sealed(content, path) if path.suffix.lower() == ".json" else None
    with open_ledger() as ledger:
        file, written = _file_finding(ledger, path.name, hashlib.sha256(content).hexdigest(), required=sealed is None)
        if sealed:
            system, anchors = sealed.content.system, [_anchor_of(sealed, path)]
            own = (*_seal_findings(ledger, sealed), file)
        else:
            system, anchors = (written.system if written else ""), []
            own = (file,)
        return Checked(system=system, findings=(*own, *_chain_findings(ledger, system, anchors)))


def _sealed(content: bytes, path: Path) -> SealedReport:
    try:
        data = json.loads(content)
        if (
            not isinstance(data, dict)
            or not isinstance(data.get("content"), dict)
            or data["content"]["schema"] != SCHEMA
        ):
            raise ConfigurationError(f"{path} is no compliance report as JSON ({SCHEMA})")
        return SealedReport.model_validate_json(content)
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"]))
        raise ConfigurationError(
            f"{path} was edited so that it is no report any more: {place}: {problem['msg']}"
        ) from None
    except (KeyError, ValueError, RecursionError):
        raise ConfigurationError(f"{path} is no compliance report as JSON ({SCHEMA})") from None


def _seal_findings(ledger: Ledger, sealed: SealedReport) -> Iterator[Finding]:
    name, seal = "the event that the report is sealed in stands in the ledger", sealed.sealed
    event = _event(ledger, sealed.content.system, seal.sequence)
    if event is None:
        evidence = (
            f"{sealed.content.system} has no event {seal.sequence:,}: the ledger is another one, or its end was cut"
        )
        yield Finding(name=name, passed=False, evidence=evidence)
        return
    if event.hash != seal.hash or event.said.get("action") != SEALED:
        evidence = f"event {seal.sequence:,} has the hash {event.hash}, the report says {seal.hash}"
        if event.hash == seal.hash:
            evidence = f"event {seal.sequence:,} is {event.said.get('action')!r}, which seals no report"
        yield Finding(name=name, passed=False, evidence=f"{evidence}: the report or the history was edited")
        return
    yield Finding(name=name, passed=True, evidence=f"event {seal.sequence:,}, {seal.hash}")
    yield _parts_finding(sealed, event)


def _parts_finding(sealed: SealedReport, event: _Event) -> Finding:
    noted = {name.removeprefix(PART): digest for name, digest in event.figures.items() if name.startswith(PART)}
    parts = {name: digest_of(text) for name, text in sealed.content.parts().items()}
    edited = sorted(name for name in parts if name in noted and parts[name] != noted[name])
    added, gone = sorted(parts.keys() - noted.keys()), sorted(noted.keys() - parts.keys())
    told = [
        f"{what}: {', '.join(names)}"
        for what, names in (("edited", edited), ("put in", added), ("taken out", gone))
        if names
    ]
    evidence = "; ".join(told) or f"{human_count(len(parts), 'part')}, each with its digest in event {event.sequence:,}"
    return Finding(name="every part says what it said when it was sealed", passed=not told, evidence=evidence)


def _file_finding(ledger: Ledger, name: str, digest: str, *, required: bool) -> tuple[Finding, _Event | None]:
    """Whether the file is one that was written, byte for byte. Of a JSON file the parts say more."""
    title = "the file is, byte for byte, one that was written"
    for event in _mentioning(ledger, digest):
        written = next((key for key, value in event.figures.items() if value == digest and key.startswith(FILE)), None)
        if written:
            evidence = f"{written.removeprefix(FILE)}, noted in event {event.sequence:,} of {event.system}"
            return Finding(name=title, passed=True, required=required, evidence=evidence), event
    for event in _mentioning(ledger, f"{FILE}{name}"):
        if noted := event.figures.get(FILE + name):
            evidence = (
                f"{name} was written with the SHA-256 {noted} (event {event.sequence:,} of {event.system}), this file "
                f"has {digest}: it was edited afterwards"
            )
            return Finding(name=title, passed=False, required=required, evidence=evidence), event
    evidence = f"no event of this ledger notes the SHA-256 {digest}, nor a file of the name {name}"
    return Finding(name=title, passed=False, required=required, evidence=evidence), None


def _chain_findings(ledger: Ledger, system: str, anchors: Sequence[Anchor]) -> Iterator[Finding]:
    if not system:
        return
    outside: tuple[Anchor, ...] = ()
    try:
        witnesses = ask_witnesses(load_system(system), full=False)
    except ConfigurationError as error:
        name = "what the stores remember of the chain can be asked"
        yield Finding(name=name, passed=False, required=False, evidence=str(error))
    else:
        outside = witnesses.anchors
        yield from witnesses.findings
    verified = audit.verify(ledger, system, against=[*anchors, *outside])
    yield chain_finding(verified, outside="no store remembers its head")


def _anchor_of(sealed: SealedReport, path: Path) -> Anchor:
    return Anchor(sequence=max(1, sealed.sealed.sequence), hash=sealed.sealed.hash, source=path.name)


def _event(ledger: Ledger, system: str, sequence: int) -> _Event | None:
    wanted = select(AuditRow.hash, AuditRow.text).filter_by(system=system, sequence=sequence)
    with ledger.reading() as session:
        row = session.execute(wanted).first()
    return _Event(system=system, sequence=sequence, hash=row.hash, said=members(row.text) or {}) if row else None


def _mentioning(ledger: Ledger, text: str) -> list[_Event]:
    """The events about files of reports in which `text` stands, the newest first."""
    wanted = select(AuditRow.system, AuditRow.sequence, AuditRow.hash, AuditRow.text).where(AuditRow.action == WRITTEN)
    wanted = wanted.where(AuditRow.text.contains(text, autoescape=True)).order_by(AuditRow.time.desc()).limit(20)
    with ledger.reading() as session:
        rows = session.execute(wanted).all()
    return [
        _Event(system=row.system, sequence=row.sequence, hash=row.hash, said=members(row.text) or {}) for row in rows
    ]
