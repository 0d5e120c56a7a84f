"""Heads of an audit chain in the system's stores: objects that are written once, outside the ledger's reach.

Each is a small JSON file `_audit/<system>/<sequence>-<hash>.json`, which `sereno audit verify --against` reads too.
No system can be called `_audit`, so they lie beside the systems' backups and in nobody's way.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sereno.audit import Anchor, Head
from sereno.errors import IntegrityError
from sereno.ledger.canonical import canonical_json
from sereno.ledger.models import time_text
from sereno.reports.model import AuditReference
from sereno.stores.protocol import Store

SCHEMA = "sereno.audit-head/1"
_FOLDER = "_audit"
_AT_MOST_BYTES = 4_096


class NotedHead(BaseModel):
    """What such a file holds."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    schema_: str = Field(alias="schema", pattern=f"^{SCHEMA}$")
    system: str
    audit: AuditReference
    noted_at: str


def note_in_store(store: Store, system: str, head: Head, *, at: datetime) -> bool:
    """Write down `head` unless it stands there already; whether it was written.

    Raises:
        StorageError: the store cannot be written.
    """
    name = f"{_folder(system)}/{head.sequence:012d}-{head.hash[:16]}.json"
    if store.exists(name):
        return False
    noted = {"sequence": head.sequence, "hash": head.hash}
    text = canonical_json({"schema": SCHEMA, "system": system, "audit": noted, "noted_at": time_text(at)})
    with store.create(name) as sink:
        sink.write(text.encode() + b"\n")
    return True


def noted_in_store(store: Store, system: str, *, at_most: int | None = None) -> Iterator[Anchor]:
    """The heads that were noted in `store`, the newest first.

    Args:
        store: where to look.
        system: whose heads.
        at_most: how many; None for all.

    Raises:
        IntegrityError: one of them is no such file any more.
        StorageError: the store cannot be read.
    """
    names = [file.name for file in store.files(_folder(system)) if file.name.endswith(".json")]
    for name in names[::-1][:at_most]:
        head = _read(store, name, system)
        yield Anchor(sequence=head.sequence, hash=head.hash, source=f"{name} in store {store.name}")


def _folder(system: str) -> str:
    return f"{_FOLDER}/{system}"


def _read(store: Store, name: str, system: str) -> AuditReference:
    try:
        noted = NotedHead.model_validate(json.loads(store.read(name, at_most=_AT_MOST_BYTES)))
    except (ValueError, ValidationError):
        raise IntegrityError(
            f"{name} in store {store.name} is no noted head any more: it was damaged or edited"
        ) from None
    if noted.system != system:
        raise IntegrityError(f"{name} in store {store.name} is about {noted.system!r}: it was put there from elsewhere")
    return noted.audit
