"""Sealing a report: the digests of all its parts stand in one event of the system's audit chain."""

from __future__ import annotations

from enum import Enum
from typing import Any

from pydantic import BaseModel

from sereno import audit
from sereno.compliance.content import Content, SealedReport
from sereno.compliance.evidence import digest_of
from sereno.ledger import open_ledger
from sereno.redaction import redact
from sereno.reports.model import Effect, ReportFile, Result
from sereno.settings import load_settings

JOB = "compliance_report"
SEALED = "COMPLIANCE_REPORT_SEALED"
"""The action of the event that holds the digests of the parts."""
WRITTEN = "COMPLIANCE_REPORT_WRITTEN"
"""The action of the event that holds the digests of the files, which name the event before it."""
PART = "part "
"""What the name of a figure begins with that is the digest of a part."""
FILE = "file "
"""What the name of a figure begins with that is the digest of a file."""
_NO_TEXT = frozenset({"schema_", "name", "control", "key", "columns", "digest", "query_sha256"})


def seal(content: Content, *, run_id: str | None) -> SealedReport:
    """Append the event of `content`, secrets masked; safe to repeat within a flow run.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    safe: Content = _redacted(content)
    figures: dict[str, int | str] = {
        "since": safe.period.since.isoformat(),
        "until": safe.period.until.isoformat(),
        "language": safe.language.value,
        "score": safe.score.value,
        **{PART + name: digest_of(text) for name, text in safe.parts().items()},
    }
    with open_ledger(load_settings()) as ledger:
        reference = audit.append_once(ledger, _event(safe, SEALED, figures, run_id))
    return SealedReport(content=safe, sealed=reference)


def note_files(sealed: SealedReport, files: tuple[ReportFile, ...], *, run_id: str | None) -> None:
    """Append the event that holds the digests of the files of a report; safe to repeat within a flow run.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    figures: dict[str, int | str] = {
        "event": sealed.sealed.sequence,
        **{FILE + file.name: file.sha256 for file in files},
    }
    with open_ledger(load_settings()) as ledger:
        audit.append_once(ledger, _event(sealed.content, WRITTEN, figures, run_id))


def _event(content: Content, action: str, figures: dict[str, int | str], run_id: str | None) -> audit.Event:
    actor, source = audit.actor_of_process()
    return audit.Event(
        time=content.generated_at,
        system=content.system,
        job=JOB,
        action=action,
        actor=actor,
        actor_source=source,
        effect=Effect.READ,
        result=Result.PASSED,
        flow_run_id=run_id,
        figures={**figures},
    )


def _redacted(value: Any) -> Any:
    """`value` with secrets masked in all that somebody may have written; names and digests stay as they are."""
    if isinstance(value, BaseModel):
        told = ((name, getattr(value, name)) for name in type(value).model_fields if name not in _NO_TEXT)
        return value.model_copy(update={name: _redacted(each) for name, each in told})
    if isinstance(value, str) and not isinstance(value, Enum):
        return redact(value.encode("utf-8", "backslashreplace").decode())
    if isinstance(value, dict):
        return {name: _redacted(each) for name, each in value.items()}
    return tuple(map(_redacted, value)) if isinstance(value, tuple) else value
