"""What was noted of an audit chain outside the ledger: in a report, in a backup's manifest, or in a list."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from sereno.audit import Anchor
from sereno.backup.manifest_file import MANIFEST_AT_MOST_BYTES
from sereno.errors import ConfigurationError
from sereno.regular_files import read_regular

_EXPECTED = 'a report as JSON, a backup\'s manifest.jsonl, or a JSON list of {"sequence": 1, "hash": "..."} is expected'


class _Noted(BaseModel):
    sequence: int = Field(ge=1, lt=2**63)
    hash: str = Field(pattern=r"^[0-9a-f]{64}$")


_LIST = TypeAdapter(list[_Noted])


def read_anchors(path: Path, *, system: str) -> list[Anchor]:
    """The anchors of `system` that the file at `path` holds.

    Raises:
        ConfigurationError: it cannot be read, is none of the known kinds, holds no anchor, or is another system's.
    """
    data = _read(path)
    noted, whose = (data, None) if isinstance(data, list) else _of_document(data, path)
    if whose is not None and whose != system:
        raise ConfigurationError(f"{path} is about the system {whose!r}, not about {system!r}")
    try:
        anchors = _LIST.validate_python(noted)
    except ValidationError:
        raise ConfigurationError(f"{path} holds no anchors: {_EXPECTED}") from None
    if not anchors:
        raise ConfigurationError(f"{path} holds no anchor: the audit chain had no event yet when it was written")
    return [Anchor(sequence=anchor.sequence, hash=anchor.hash, source=path.name) for anchor in anchors]


def _of_document(data: Any, path: Path) -> tuple[list[Any], Any]:
    """What a report, a compliance report or a manifest noted, and of which system."""
    if isinstance(data, dict) and "audit" in data and "system" in data:
        noted, whose = data["audit"], data["system"]
    elif isinstance(data, dict) and "sealed" in data and isinstance(data.get("content"), dict):
        noted, whose = data["sealed"], data["content"].get("system")
    elif isinstance(data, dict) and "audit_head" in data and isinstance(data.get("origin"), dict):
        noted, whose = data["audit_head"], data["origin"].get("system")
    else:
        raise ConfigurationError(f"{path} holds no anchors: {_EXPECTED}")
    return ([] if noted is None else [noted]), whose


def _read(path: Path) -> Any:
    content = read_regular(path, at_most=MANIFEST_AT_MOST_BYTES)
    for text in (content, content.partition(b"\n")[0]):  # a manifest's second line is its seal
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            continue
    raise ConfigurationError(f"{path} is no JSON: {_EXPECTED}")
