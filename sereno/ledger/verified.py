"""How far the audit chain of a system was verified, for the next verification to go on from there."""

from __future__ import annotations

import json
from datetime import datetime

from sereno.ledger.canonical import canonical_json
from sereno.ledger.chain import Head
from sereno.ledger.ledger import Ledger
from sereno.ledger.models import CursorRow, time_text

_PLACE = {"job": "audit_verify", "step": "chain", "name": "head"}


def last_verified(ledger: Ledger, system: str) -> Head | None:
    """The last event that held when the chain of `system` was last verified; None when it never was.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    with ledger.reading() as session:
        row = session.get(CursorRow, {"system": system, **_PLACE})
        return Head(**json.loads(row.value)) if row else None


def note_verified(ledger: Ledger, system: str, head: Head, *, at: datetime) -> None:
    """Remember that everything up to `head` held.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    value = canonical_json({"sequence": head.sequence, "hash": head.hash})
    with ledger.writing() as session:
        session.merge(CursorRow(system=system, **_PLACE, value=value, updated_at=time_text(at)))
