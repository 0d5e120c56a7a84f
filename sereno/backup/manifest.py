"""The manifest: what a backup holds (docs/backup-format.md, "manifest.jsonl")."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class BackupKind(StrEnum):
    """What a backup takes."""

    FULL = "full"
    INCREMENTAL = "incremental"
    CRITICAL = "critical"
    TABLES = "tables"
    DATA_ONLY = "data-only"
    SCHEMA_ONLY = "schema-only"


LINKS = (BackupKind.FULL, BackupKind.INCREMENTAL)
"""The kinds that increments build on."""


class ObjectKind(StrEnum):
    """What an object holds."""

    SCHEMA = "schema"
    LARGE_OBJECTS = "large-objects"
    ROWS = "rows"
    KEYS = "keys"
    VOLUME = "volume"


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


class KeyChanges(_Entry):
    """How a table's keys differ from those of the parent backup: key sets of what went and of what came."""

    removed: KeySet
    added: KeySet


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
    """A table with rows of its own, `rows` of them at the snapshot.

    `parts` hold all of them, or, when there are `changes`, those that were inserted or updated since the parent backup.
    `condition` is set for configuration tables of extensions.
    """

    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    fingerprint: str
    inherits: bool = False
    condition: str | None = None
    rows: int
    parts: tuple[RowsPart, ...]
    key_set: KeySet | None = None
    changes: KeyChanges | None = None
    content_digest: str | None = Field(
        default=None, description="sum over the rows of hashtextextended(row::text, 0), as a decimal number"
    )

    @property
    def copied_columns(self) -> tuple[str, ...]:
        """The columns that COPY carries: all but generated ones."""
        return tuple(column.name for column in self.columns if not column.generated)

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Every object of the table."""
        keys = (self.key_set,) if self.key_set else ()
        changes = (self.changes.removed, self.changes.added) if self.changes else ()
        return (*self.parts, *keys, *changes)

    @property
    def rows_copied(self) -> int:
        """Rows that are in this backup itself."""
        return sum(part.rows for part in self.parts)

    @property
    def keys_removed(self) -> int:
        """Keys that went since the parent backup."""
        return self.changes.removed.rows if self.changes else 0

    @property
    def plain_bytes(self) -> int:
        """The size of the table's COPY text."""
        return sum(part.plain_bytes for part in self.parts)


class Volume(_Entry):
    """A directory, of `files` files with `bytes` bytes.

    Without an archive nothing in it has changed since the parent backup.
    """

    name: str
    path: str
    archive: StoredObject | None
    listing: str | None = Field(
        description="digest of paths, sizes, times, rights and inodes; None when it tells no later change"
    )
    files: int
    bytes: int
    changed: int = Field(default=0, description="files that were written to while they were read")


class Parent(_Entry):
    """The backup that an increment builds on, and the SHA-256 of its manifest file."""

    id: str
    manifest_sha256: str


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
    parent: Parent | None = None
    created_at: AwareDatetime
    finished_at: AwareDatetime
    origin: Origin
    versions: Versions
    snapshot: Snapshot
    schema_dump: StoredObject | None = None
    schema_digest: str | None = None
    large_objects: StoredObject | None = None
    tables: tuple[Table, ...]
    partitioned: tuple[Relation, ...] = ()
    left_out: tuple[Relation, ...] = Field(default=(), description="tables with rows that this backup does not hold")
    sequences: tuple[Sequence, ...]
    roles: tuple[str, ...]
    extensions: tuple[Extension, ...]
    audit_head: AuditHead | None = None
    volumes: tuple[Volume, ...] = ()

    @property
    def objects(self) -> tuple[StoredObject, ...]:
        """Every object of the backup."""
        volumes = (volume.archive for volume in self.volumes)
        archives = tuple(archive for archive in (self.schema_dump, self.large_objects, *volumes) if archive)
        return (*archives, *(entry for table in self.tables for entry in table.objects))

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
        """Rows over all tables, those that parents hold included."""
        return sum(table.rows for table in self.tables)

    @property
    def rows_copied(self) -> int:
        """Rows that are in this backup itself."""
        return sum(table.rows_copied for table in self.tables)
