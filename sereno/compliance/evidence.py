"""What a point of the compliance report rests on: a question that was asked, when, and a digest of the answer."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from sereno.ledger.canonical import canonical_json


class Part(BaseModel):
    """A frozen piece of a compliance report; unknown members are errors, so that an edit cannot hide in one."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Source(StrEnum):
    """Who answered."""

    SYSTEM = "system"
    """The system's database."""
    LEDGER = "ledger"
    """Sereno's ledger, and the stores."""
    CATALOG = "catalog"
    """The catalog of the system's database."""


class Evidence(Part):
    """One question and its answer. Two runs over the same data give the same `query_sha256`, `rows` and `digest`."""

    name: str = Field(examples=["compliance.requests", "ledger.backups"])
    """What was asked: a SQL file's name without `.sql`, or a question to the ledger or the catalog."""
    source: Source
    """Who answered."""
    query: str = Field(examples=["deployments/point/sql/compliance.requests.sql"])
    """Where the question stands: the file, or the text itself where it is Sereno's own."""
    query_sha256: str
    """Of the question's text, hexadecimal."""
    taken_at: AwareDatetime
    """When it was asked."""
    seconds: float
    """How long the answer took."""
    rows: int
    """How many rows the answer has."""
    digest: str
    """SHA-256 of the rows as canonical JSON, hexadecimal; empty when there was no answer."""
    problem: str = ""
    """Why there is no answer; empty when there is one. An answer of no rows is an answer."""


def digest_of_rows(rows: Sequence[Mapping[str, Any]]) -> str:
    """SHA-256 of `rows` as canonical JSON: times as ISO text, decimals as text, the order of rows as it was given."""
    return digest_of(canonical_json([{name: _plain(value) for name, value in row.items()} for row in rows]))


def digest_of(text: str) -> str:
    """SHA-256 of `text` in UTF-8, hexadecimal."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def _plain(value: Any) -> Any:
    return value if value is None or isinstance(value, bool | int | str | list | dict) else str(value)
