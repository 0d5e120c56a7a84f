"""The manifest: what a backup holds, written last and authenticated (docs/backup-format.md, "manifest.jsonl").

Two lines of JSON: the manifest, and its seal, an HMAC over the first line's bytes under a key derived from the data
key. It is readable without the passphrase, so backups can be listed anywhere; it cannot be changed without it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from sereno.backup.keys import DataKey
from sereno.errors import IntegrityError, RefusedError

MANIFEST_NAME = "manifest.jsonl"
MANIFEST_AT_MOST_BYTES = 256 * 1024 * 1024
_SEAL_PURPOSE = "sereno manifest 1"
_IDENTIFIER = re.compile(r"\d{8}T\d{6}Z-[a-z]+(-[a-z]+)*-[0-9a-f]{8}\Z")


class BackupKind(StrEnum):
    """What a backup takes."""

    FULL = "full"


class ObjectKind(StrEnum):
    """What an object holds."""

    SCHEMA = "schema"
    LARGE_OBJECTS = "large-objects"
    ROWS = "rows"
    KEYS = "keys"


class _Entry(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class StoredObject(_Entry):
    """One object of the backup: sizes in bytes, digests of what lies in the store and of what it decrypts to."""

    name: str
    kind: ObjectKind
    stored_bytes: int
    stored_sha256: str
    plain_bytes: int
    plain_sha256: str


class RowsPart(StoredObject):
    """The rows of a table, or of one run of its pages: COPY text in physical order, `rows` lines."""

    kind: Literal[ObjectKind.ROWS] = ObjectKind.ROWS
    rows: int


class KeySet(StoredObject):
    """The table's primary keys, sorted; `encoding` says how (docs/backup-format.md, "Key sets")."""

    kind: Literal[ObjectKind.KEYS] = ObjectKind.KEYS
    encoding: Literal["integer-deltas", "copy-text"]
    rows: int


class Column(_Entry):
    """A column as the catalog knows it."""

    number: int
    name: str
    type: str
    collation: str | None = None
    generated: bool = False


class Relation(_Entry):
    """A table by its names. `partition_of` is the oid of the table that it is a partition of."""

    oid: int
    schema_name: str
    name: str
    partition_of: int | None = None

    @property
    def label(self) -> str:
        """`schema.name`, for people."""
        return f"{self.schema_name}.{self.name}"


class Table(Relation):
    """A table with rows of its own. `condition` is set for configuration tables of extensions."""

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    fingerprint: str
    inherits: bool = False
    condition: str | None = None
    rows: int
    parts: tuple[RowsPart, ...]
    key_set: KeySet | None = None

    @property
    def copied_columns(self) -> tuple[str, ...]:
        """The columns that COPY carries: all but generated ones."""
        return tuple(column.name for column in self.columns if not column.generated)

    @property
    def plain_bytes(self) -> int:
        """The size of the table's COPY text."""
        return sum(part.plain_bytes for part in self.parts)


class Sequence(_Entry):
    """Where a sequence stood."""

    schema_name: str
    name: str
    last_value: int
    is_called: bool


class Extension(_Entry):
    """An extension that the schema needs."""

    name: str
    version: str
    schema_name: str


class Snapshot(_Entry):
    """The moment that the backup shows, and what an increment needs to build on it."""

    taken_at: AwareDatetime
    watermark: int = Field(description="pg_snapshot_xmin of the snapshot; 64 bits, epoch included")
    lsn: str | None = Field(description="WAL insert position read after the snapshot")
    flushed: bool = Field(
        description="whether the WAL was flushed past `lsn`; without it no increment may build on this"
    )
    session: dict[str, str] = Field(description="settings of every session that copied rows or keys")


class Origin(_Entry):
    """The database the backup was taken from. Identifiers are None where the server does not tell them."""

    system: str
    database: str
    database_oid: int
    server_version: str
    server_version_number: int
    system_identifier: int | None
    timeline: int | None
    encoding: str
    locale: str


class Versions(_Entry):
    """The programs that made the backup."""

    sereno: str
    pg_dump: str


class AuditHead(_Entry):
    """The audit chain's head when the backup was taken."""

    sequence: int
    hash: str


class Manifest(_Entry):
    """Everything that a backup holds."""

    format: Literal["sereno-backup/1"] = "sereno-backup/1"
    id: str
    identity: str
    kind: BackupKind
    created_at: AwareDatetime
    finished_at: AwareDatetime
    origin: Origin
    versions: Versions
    snapshot: Snapshot
    schema_dump: StoredObject
    schema_digest: str
    large_objects: StoredObject | None = None
    tables: tuple[Table, ...]
    partitioned: tuple[Relation, ...] = ()
    sequences: tuple[Sequence, ...]
    roles: tuple[str, ...]
    extensions: tuple[Extension, ...]
    audit_head: AuditHead | None = None

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Every object of the backup."""
        extra = (self.large_objects,) if self.large_objects else ()
        rows = tuple(part for table in self.tables for part in table.parts)
        keys = tuple(table.key_set for table in self.tables if table.key_set)
        return (self.schema_dump, *extra, *rows, *keys)

    @property
    def stored_bytes(self) -> int:
        """What the objects take in the store."""
        return sum(entry.stored_bytes for entry in self.objects)

    @property
    def plain_bytes(self) -> int:
        """What the objects hold."""
        return sum(entry.plain_bytes for entry in self.objects)

    @property
    def rows(self) -> int:
        """Rows over all tables."""
        return sum(table.rows for table in self.tables)

    def to_bytes(self, key: DataKey) -> bytes:
        """The sealed file."""
        line = json.dumps(self.model_dump(mode="json"), separators=(",", ":"), ensure_ascii=False).encode()
        seal = json.dumps({"hmac_sha256": _seal(line, key)}).encode()
        return line + b"\n" + seal + b"\n"


def read_manifest(data: bytes, *, where: str) -> Manifest:
    """The manifest as it stands there, unauthenticated: good for listing, not for restoring.

    Raises:
        IntegrityError: it is no manifest; `where` names the file.
    """
    try:
        return Manifest.model_validate_json(data.split(b"\n", 1)[0])
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, problem["loc"])) or "the file"
        raise IntegrityError(f"{where} is damaged or of a newer format: {place}: {problem['msg']}") from None


def authenticate_manifest(data: bytes, *, key: DataKey, where: str) -> Manifest:
    """The manifest, proven to be what the holder of the data key wrote.

    Raises:
        IntegrityError: the manifest was changed, cut or belongs to another backup.
    """
    line, _, rest = data.partition(b"\n")
    expected = json.dumps({"hmac_sha256": _seal(line, key)}).encode() + b"\n"
    if not hmac.compare_digest(rest, expected):
        raise IntegrityError(f"{where} was changed after it was written, or cut, or is of another backup")
    manifest = read_manifest(line, where=where)
    if manifest.identity != key.identity.hex():
        raise IntegrityError(f"{where} and its keys.json belong to different backups")
    return manifest


def manifest_digest(data: bytes) -> str:
    """SHA-256 of the whole file, by which an increment names its parent."""
    return hashlib.sha256(data).hexdigest()


def is_identifier(name: str) -> bool:
    """Whether `name` has the form of a backup's id."""
    return _IDENTIFIER.match(name) is not None


def require_identifier(identifier: str) -> str:
    """`identifier` when it has the form of a backup's id; it becomes a folder's name, so nothing else may pass.

    Raises:
        RefusedError: it has another form.
    """
    if not is_identifier(identifier):
        raise RefusedError(
            f"{identifier!r} is no backup id; ids look like 20261123T020000Z-full-1f3a5c7e (see `sereno backups list`)"
        )
    return identifier


def _seal(line: bytes, key: DataKey) -> str:
    return hmac.new(key.derive(_SEAL_PURPOSE, length=32), line, hashlib.sha256).hexdigest()
