"""A backup as files that `gunzip` and `psql` alone bring back: the schema, one script for each table, the sequences.

Volumes are written as `.tar.gz`.

Every row is authenticated and counted on its way. README.txt, written last, says in which order the files go in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sereno.backup.chain import Chain, TableLevel
from sereno.backup.manifest import StoredObject, Table
from sereno.backup.place import LATEST, OpenBackup
from sereno.backup.read_back import checked_frames
from sereno.postgres.binaries import find_binaries
from sereno.progress import Meter, Progress, silent
from sereno.reports.model import ReportFile
from sereno.restore.archive import Section, fetched, read_contents, section_as_sql, without_tables
from sereno.restore.export_folder import ExportFolder, export_folder, require_place
from sereno.restore.export_readme import README_NAME, readme
from sereno.restore.export_sql import roles_sql, sequences_sql, table_sql
from sereno.restore.plan import RestorePlan, choose_tables
from sereno.restore.portable_sql import PortableSql
from sereno.restore.source import open_source
from sereno.systems.model import System

_SAFE = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 60
_TARGET = "files"


@dataclass(frozen=True)
class ExportPlan:
    """An export that can begin."""

    chain: Chain
    restore: RestorePlan
    folder: Path
    keep_owners: bool
    all_tables: bool

    @property
    def levels(self) -> tuple[tuple[TableLevel, ...], ...]:
        """Each table that is exported, from the newest backup that holds it whole on."""
        return tuple(self.chain.levels(table.oid) for table in self.restore.tables)

    @property
    def plain_bytes(self) -> int:
        """The size of the COPY text and of the archives of volumes that are written."""
        rows = sum(level.table.plain_bytes for levels in self.levels for level in levels)
        return rows + sum(entry.plain_bytes for _, _, entry in self.volumes)

    @property
    def volumes(self) -> tuple[tuple[str, OpenBackup, StoredObject], ...]:
        """Each volume that is exported, with its archive and the backup that holds it; none beside single tables."""
        names = [volume.name for volume in self.restore.manifest.volumes] if self.all_tables else []
        return tuple((name, *self.chain.volume(name)) for name in names)


def plan_export(
    system: System,
    folder: Path,
    *,
    backup: str = LATEST,
    tables: Sequence[str] = (),
    keep_owners: bool = True,
    store: str = "",
) -> ExportPlan:
    """Open the backup, choose its tables, look at the folder; nothing is written.

    Args:
        system: the system.
        folder: where the files go; empty, or not there yet.
        backup: an id, or `latest`.
        tables: names such as `public.users` or `users`; a partitioned table stands for its partitions; none for all.
        keep_owners: say who owns what, and who may do what; it takes a superuser to load that.
        store: where to read; without a name the first store that has the backup whole.

    Raises:
        RefusedError: there is no such backup, or the folder is not empty.
        ConfigurationError: there is no such table, or the folder cannot be made.
    """
    require_place(folder)
    read_from, chain = open_source(system, backup=backup, store=store)
    manifest = chain.newest.manifest
    restore = RestorePlan(manifest=manifest, store=read_from, target=_TARGET, tables=choose_tables(manifest, tables))
    return ExportPlan(chain, restore, folder, keep_owners, all_tables=not tables)


def export(plan: ExportPlan, *, progress: Progress = silent) -> tuple[ReportFile, ...]:
    """Write the files; when that fails, none of them stays.

    Raises:
        IntegrityError: an object is not what its manifest says.
        StorageError: the folder cannot be written, or the store not read.
    """
    manifest = plan.restore.manifest
    meter = Meter(plan.plain_bytes, progress)
    with export_folder(plan.folder) as folder:
        if manifest.schema_dump and plan.keep_owners:
            _write(folder, "roles.sql.gz", roles_sql(manifest))
        if manifest.schema_dump:
            _write_archive(folder, plan, manifest.schema_dump, "schema.pre-data.sql.gz", "pre-data")
        for number, levels in enumerate(plan.levels, start=1):
            name = _table_file(levels[-1].table, number, of=len(plan.levels))
            _write(folder, name, table_sql(levels, manifest, meter=meter))
        if manifest.large_objects and plan.restore.whole:
            _write_archive(folder, plan, manifest.large_objects, "large-objects.sql.gz", "data")
        _write(folder, "sequences.sql.gz", sequences_sql(manifest))
        if manifest.schema_dump:
            _write_archive(folder, plan, manifest.schema_dump, "schema.post-data.sql.gz", "post-data")
        for name, backup, entry in plan.volumes:
            _write(folder, f"volumes/{name}.tar.gz", _metered(checked_frames(backup, entry), meter, f"volume {name}"))
        folder.write_text(README_NAME, readme(manifest, folder.files))
        return folder.files


def _write(folder: ExportFolder, name: str, text: Iterable[bytes]) -> None:
    with folder.packed(name) as sink:
        for piece in text:
            sink.write(piece)


def _metered(frames: Iterable[bytes], meter: Meter, what: str) -> Iterator[bytes]:
    for frame in frames:
        yield frame
        meter.add(len(frame), what)


def _write_archive(folder: ExportFolder, plan: ExportPlan, entry: StoredObject, name: str, section: Section) -> None:
    manifest = plan.restore.manifest
    wrote = int(manifest.versions.pg_dump.partition(".")[0])
    binaries = find_binaries("pg_restore", at_least=wrote)
    with fetched(plan.chain.newest, entry) as archive, folder.packed(name) as sink:
        partial = entry == manifest.schema_dump and not plan.restore.whole
        entries = without_tables(read_contents(archive, binaries), plan.restore.unwanted) if partial else None
        script = PortableSql(sink.write)
        section_as_sql(
            archive,
            section,
            binaries=binaries,
            entries=entries,
            keep_owners=plan.keep_owners,
            receive=script.write,
        )
        script.close()


def _table_file(table: Table, number: int, *, of: int) -> str:
    """The name of a table's file: the number tells apart what the letters cannot."""
    schema, name = (_SAFE.sub("_", each)[:_LONGEST_NAME] for each in (table.schema_name, table.name))
    return f"tables/{number:0{max(4, len(str(of)))}}.{schema}.{name}.sql.gz"
