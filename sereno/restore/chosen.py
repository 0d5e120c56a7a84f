"""What is restored: which backup, which of its tables, where to and in which way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sereno.backup.manifest import BackupKind, Manifest, StoredObject, Table, Volume
from sereno.backup.selection import meant
from sereno.errors import RefusedError
from sereno.restore.left_out import LeftOutKey
from sereno.restore.way import Way
from sereno.systems.sections.restore import ORIGINAL


@dataclass(frozen=True)
class PlannedVolume:
    """A volume that is restored. `folder` is what it becomes; None when it is only looked at, and gone afterwards."""

    entry: Volume
    folder: Path | None = None
    replaces: bool = False
    """Whether what is in the folder gives way to it, and is kept."""

    @property
    def name(self) -> str:
        """The volume's."""
        return self.entry.name


@dataclass(frozen=True)
class RestorePlan:
    """A restore that can begin. `tables` are those whose rows are restored; `whole` when that is all of them."""

    manifest: Manifest
    target: str
    tables: tuple[Table, ...]
    store: str = ""
    """Where the backup is read; empty for the first store."""
    manifest_sha256: str = ""
    way: Way = Way.BUILD
    left_out: tuple[LeftOutKey, ...] = ()
    """Foreign keys that will not be there, since one of their tables is not restored."""
    volumes: tuple[PlannedVolume, ...] = ()
    volumes_left_out: tuple[str, ...] = ()
    """Those that the target has no place for."""

    @property
    def over_original(self) -> bool:
        """Whether the system's own database is changed."""
        return self.target == ORIGINAL

    @property
    def backup(self) -> str:
        """The backup's id."""
        return self.manifest.id

    @property
    def schema_dump(self) -> StoredObject:
        """The archive of the schema.

        Raises:
            RefusedError: the backup has none.
        """
        if self.manifest.schema_dump is None:
            raise RefusedError(f"backup {self.backup} holds no schema, so no database can be built from it alone")
        return self.manifest.schema_dump

    @property
    def whole(self) -> bool:
        """Whether everything is restored that the schema knows."""
        if self.manifest.kind is BackupKind.SCHEMA_ONLY:
            return True
        return len(self.tables) == len(self.manifest.tables) and not self.manifest.left_out

    @property
    def rows(self) -> int:
        """Rows to be loaded."""
        return sum(table.rows for table in self.tables)

    @property
    def files(self) -> int:
        """Files of volumes to be restored."""
        return sum(volume.entry.files for volume in self.volumes)

    @property
    def plain_bytes(self) -> int:
        """COPY text to be loaded, and files."""
        return sum(table.plain_bytes for table in self.tables) + sum(volume.entry.bytes for volume in self.volumes)

    @property
    def unwanted(self) -> frozenset[int]:
        """The oids of tables, parents of partitions included, that are left out."""
        if self.whole:
            return frozenset()
        wanted = {table.oid for table in self.tables}
        manifest = self.manifest
        parents = {relation.oid: relation for relation in (*manifest.partitioned, *manifest.left_out)}
        for table in self.tables:
            parent = table.partition_of
            while parent in parents:
                wanted.add(parent)
                parent = parents[parent].partition_of
        return frozenset({entry.oid for entry in (*manifest.tables, *parents.values())} - wanted)

    @property
    def major(self) -> int:
        """The major version of the server that was backed up."""
        return self.manifest.origin.server_version_number // 10_000


def choose_tables(manifest: Manifest, names: Sequence[str]) -> tuple[Table, ...]:
    """The tables that `names` mean, in the manifest's order."""
    if not names:
        return manifest.tables
    known = (*manifest.tables, *manifest.partitioned)
    wanted = {oid for name in names for oid in meant(known, name, where=f"backup {manifest.id}")}
    return tuple(table for table in manifest.tables if table.oid in wanted)
