"""The values of an audit chain and its arithmetic: what is stored of an event, and the hash that seals it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sereno.ledger.canonical import canonical_json
from sereno.ledger.models import time_text
from sereno.redaction import is_clean, redact_value
from sereno.reports.model import Effect, Figure, Result
from sereno.systems.sections.fields import Name

SCHEMA = "sereno.audit/1"
BEGINNING = "0" * 64
"""The previous hash of a system's first event."""
SUBJECTS = {"maintenance": "API_MAINTENANCE"}
"""What runbooks call the runs of a job, where that is not the job's own name."""
INDEXED = ("time", "action", "job", "effect", "result", "actor", "flow_run_id")
"""The members of the text that stand in columns of their own as well."""
_FREE = ("actor", "actor_source", "flow_run_id", "figures")
"""The members in which callers may have written a secret."""


class Event(BaseModel):
    """What a run did to a system. Nothing in it names a person other than the actor; figures are counts and sizes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: Name
    job: Name
    action: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$", examples=["RUN_BACKUP", "resend_notification"])
    effect: Effect
    result: Result
    actor: str = Field(min_length=1, description="Who acted.")
    actor_source: str = Field(min_length=1, description="How we know, such as `SERENO_ACTOR` or `login`.")
    time: AwareDatetime = Field(default_factory=lambda: datetime.now(UTC))
    flow_run_id: str | None = None
    figures: dict[str, Figure] = Field(default_factory=dict)


class RecordedEvent(Event):
    """An event in its place in the chain."""

    sequence: int
    previous_hash: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest event of a system's chain."""

    sequence: int
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An event's hash as it was noted outside the ledger; `source` says where, such as a backup's name."""

    sequence: int
    hash: str
    source: str = "an anchor"

    def __post_init__(self) -> None:
        """Refuse a place that no event can have.

        Raises:
            ValueError: sequences begin with 1.
        """
        if self.sequence < 1:
            raise ValueError(f"an anchor notes event 1 or a later one, not {self.sequence}")


def subject_of(job: str) -> str:
    """What the action of a run of `job` is called after its first word: `BACKUP` of `RUN_BACKUP`."""
    return SUBJECTS.get(job, job.upper())


def stored(event: Event, *, sequence: int) -> tuple[str, dict[str, Any]]:
    """What the ledger keeps of `event` and hashes, secrets masked: canonical JSON, and its members.

    Raises:
        TypeError: a figure has no form in JSON.
    """
    said = {
        "schema": SCHEMA,
        "system": event.system,
        "sequence": sequence,
        "time": time_text(event.time),
        "job": event.job,
        "action": event.action,
        "effect": event.effect.value,
        "result": event.result.value,
        "actor": event.actor,
        "actor_source": event.actor_source,
        "flow_run_id": event.flow_run_id,
        "figures": event.figures,
    }
    text = canonical_json(said)
    if not is_clean(text):
        said.update({name: redact_value(said[name]) for name in _FREE})
        text = canonical_json(said)
    return text, said


def chain_hash(previous: str, text: str) -> str:
    """SHA-256, in hexadecimal, over the 32 bytes that `previous` stands for and the bytes of `text`.

    Raises:
        ValueError: `previous` is no hash.
    """
    return hashlib.sha256(bytes.fromhex(previous) + text.encode("utf-8", "surrogateescape")).hexdigest()


def members(text: str) -> dict[str, Any] | None:
    """The members of a stored text; None when it is no JSON object."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
