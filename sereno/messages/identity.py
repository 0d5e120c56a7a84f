"""The id of a message: made of what it is about, so that it is the same however often it is made."""

from __future__ import annotations

import hashlib

from sereno.ledger.canonical import canonical_json


def stable_id(*parts: str) -> str:
    """The same 32 characters for the same parts, everywhere and for ever."""
    return hashlib.sha256(canonical_json(["sereno", *parts]).encode()).hexdigest()[:32]
