"""`sereno backups show`: what one backup holds, from its manifest as it lies in the store."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.backup.manifest import Manifest, Table
from sereno.backup.place import LATEST, BackupPlace
from sereno.cli.backup_listing import local_time, ratio
from sereno.cli.output import print_facts, print_json, print_table, print_text
from sereno.errors import EXIT_DONE
from sereno.reports.build import human_bytes, human_count
from sereno.systems.loader import load_system
from sereno.systems.model import System

_COLUMNS = ("table", "rows", "size", "stored", "primary key")
_NUMBERS = ("rows", "size", "stored")


def print_contents(name: str, backup: str, *, store: str = "", as_json: bool) -> int:
    """Print what `backup` (an id, or `latest`) of the system `name` holds.

    Raises:
        ConfigurationError: there is no such system, it has no backups configured, or `backup` cannot be an id.
        RefusedError: there is no such backup.
        IntegrityError, StorageError: its manifest cannot be read.
    """
    system = load_system(name)
    place = BackupPlace.of(system, store=store)
    manifest = place.manifest(place.newest() if backup == LATEST else backup)
    if as_json:
        print_json(
            {
                "schema": "sereno.backup/1",
                "system": system.name,
                "store": place.store.name,
                "authenticated": False,
                "manifest": manifest.model_dump(mode="json"),
            }
        )
        return EXIT_DONE
    print_text(
        f"{manifest.id} of {system.name}: {human_count(manifest.rows, 'row')} in "
        f"{human_count(len(manifest.tables), 'table')}, {human_bytes(manifest.plain_bytes)} "
        f"({human_bytes(manifest.stored_bytes)} stored in {place.store.name}); as its manifest says, "
        f"which `sereno backups verify {system.name} {manifest.id}` proves"
    )
    print_text("")
    print_facts(_facts(manifest, system))
    print_text("")
    print_table(_COLUMNS, [_row(table) for table in manifest.tables], numbers=_NUMBERS)
    return EXIT_DONE


def _facts(manifest: Manifest, system: System) -> Iterator[tuple[str, str]]:
    origin, snapshot, versions = manifest.origin, manifest.snapshot, manifest.versions
    yield "Kind", manifest.kind.value
    yield "Taken at", local_time(snapshot.taken_at, system.zone)
    yield "Finished at", local_time(manifest.finished_at, system.zone)
    yield "Snapshot", f"watermark {snapshot.watermark}, WAL position {snapshot.lsn or 'unknown'}"
    yield "Increments", "can be built on it" if snapshot.flushed else "cannot be built on it"
    yield "Database", f"{origin.database} of system {origin.system}, {origin.encoding}, {origin.locale}"
    yield "Server", f"PostgreSQL {origin.server_version}, identifier {origin.system_identifier or 'not told'}"
    yield "Made by", f"sereno {versions.sereno}, pg_dump {versions.pg_dump}"
    yield "Objects", human_count(len(manifest.objects))
    yield "Ratio", ratio(manifest.plain_bytes, manifest.stored_bytes)
    yield "Schema digest", manifest.schema_digest or "none: rows only"
    yield "Roles", ", ".join(manifest.roles) or "none"
    yield "Extensions", ", ".join(f"{item.name} {item.version}" for item in manifest.extensions) or "none"
    for volume in manifest.volumes:
        held = volume.archive.name if volume.archive else "unchanged since the parent"
        files = f"{human_count(volume.files, 'file')}, {human_bytes(volume.bytes)}"
        yield f"Volume {volume.name}", f"{files}, of {volume.path}: {held}"
    yield "Sequences", human_count(len(manifest.sequences))
    head = manifest.audit_head
    yield "Audit chain", f"event {head.sequence}, {head.hash}" if head else "had no event yet"


def _row(table: Table) -> tuple[str, ...]:
    stored = sum(part.stored_bytes for part in table.parts)
    return (
        table.label,
        human_count(table.rows),
        human_bytes(table.plain_bytes),
        human_bytes(stored),
        ", ".join(table.key) or "none",
    )
