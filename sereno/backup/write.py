"""Writing a backup: snapshot → schema and rows → seal → store, the manifest last."""

from __future__ import annotations

import json
import os
import secrets
import socket
from collections.abc import Sequence as SequenceOf
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sereno import __version__, audit
from sereno.backup import catalog
from sereno.backup.basis import Basis, find_basis
from sereno.backup.chain import Chain
from sereno.backup.choosing import AHEAD_AT_MOST
from sereno.backup.copying import copy_in_parallel
from sereno.backup.keys import KEYS_NAME, DataKey, KeyFile
from sereno.backup.manifest import (
    AuditHead,
    BackupKind,
    Manifest,
    ObjectKind,
    Parent,
    Relation,
    Sequence,
    Snapshot,
    StoredObject,
    Table,
    Versions,
)
from sereno.backup.manifest_file import MANIFEST_NAME, STAMP, manifest_digest, moment_of, sealed_manifest
from sereno.backup.object_place import ObjectPlace
from sereno.backup.objects import FRAME_BYTES
from sereno.backup.passphrases import Passphrases
from sereno.backup.place import BackupPlace
from sereno.backup.rows import plan
from sereno.backup.schema_dump import Dumper, schema_digest
from sereno.backup.selection import Selection, selection_of
from sereno.backup.snapshot import LockedSnapshot, locked_snapshot, wait_until_flushed
from sereno.backup.table_copy import copy_of
from sereno.backup.volumes import Directory, TakenVolume, list_volumes, take_volumes
from sereno.database.connection import COPY_SETTINGS, translated
from sereno.errors import ContractError
from sereno.installation import installation_id
from sereno.ledger import open_ledger
from sereno.postgres.binaries import find_binaries
from sereno.postgres.programs import HiddenFile, hidden_file
from sereno.progress import ByteMeter, Progress, silent
from sereno.settings import Settings, load_settings
from sereno.systems.model import System

OWNER_NAME = "owner.json"
_PURPOSE = "backup"


@dataclass(frozen=True)
class WrittenBackup:
    """A backup that is complete in its store. `remark` says why an increment became a full backup."""

    store: str
    manifest: Manifest
    manifest_sha256: str
    remark: str = ""
    volumes: tuple[TakenVolume, ...] = ()

    @property
    def id(self) -> str:
        """The backup's id."""
        return self.manifest.id


def write(
    system: System,
    kind: BackupKind = BackupKind.FULL,
    *,
    tables: SequenceOf[str] = (),
    content_digests: bool = False,
    progress: Progress = silent,
) -> WrittenBackup:
    """Take a backup of the system's database, and of its volumes, with read rights only.

    Args:
        system: the system; it has a section `backup`.
        kind: what to take; an increment becomes a full backup where it has nothing to build on.
        tables: for the kind `tables`: which.
        content_digests: have the server digest the content of tables of which only changes are taken.
        progress: told of bytes of COPY text and of files.

    Raises:
        SerenoError: nothing that looks like a backup is left behind.
    """
    settings = load_settings()
    place = BackupPlace.of(system, settings)
    passphrases = Passphrases.of(place.section).for_new_backups()
    selection = selection_of(kind, system, tables)
    url = system.database.reading_url.resolve()
    with locked_snapshot(
        url, purpose=_PURPOSE, lock_timeout_seconds=system.database.lock_timeout_seconds, choose=selection.of
    ) as snapshot:
        with translated("reading the catalog"):
            origin = catalog.read_origin(snapshot.connection, system=system.name)
        basis = find_basis(place, snapshot, origin) if kind is BackupKind.INCREMENTAL else Basis()
        if kind is BackupKind.INCREMENTAL and basis.chain is None:
            kind = BackupKind.FULL
        directories = list_volumes(system, settings) if selection.volumes else ()
        work = _Work(system, place, snapshot, selection, basis.chain, DataKey.generate(), content_digests)
        created_at = datetime.now(UTC)
        identifier = f"{_stamp(created_at, place)}-{kind}-{secrets.token_hex(4)}"
        folder = place.folder(identifier)
        with place.store.create(f"{folder}/{OWNER_NAME}") as sink:
            sink.write(_owner(settings))
        target = _target(work, directories, folder=folder, progress=progress)
        contents = _copy_everything(work, url, target)
    volumes = take_volumes(directories, target, basis.chain)
    with place.store.create(f"{folder}/{KEYS_NAME}") as sink:
        slots = tuple(work.key.wrap(passphrase, label=label) for label, passphrase in passphrases.items())
        sink.write(KeyFile(identity=work.key.identity.hex(), slots=slots).to_bytes())
    manifest = Manifest(
        id=identifier,
        identity=work.key.identity.hex(),
        kind=kind,
        parent=_parent(basis.chain),
        created_at=created_at,
        finished_at=datetime.now(UTC),
        origin=origin,
        audit_head=_audit_head(system, settings),
        volumes=tuple(volume.entry for volume in volumes),
        **contents,
    )
    sealed = sealed_manifest(manifest, work.key)
    with place.store.create(f"{folder}/{MANIFEST_NAME}") as sink:
        sink.write(sealed)
    return WrittenBackup(place.store.name, manifest, manifest_digest(sealed), remark=basis.reason, volumes=volumes)


@dataclass(frozen=True)
class _Work:
    system: System
    place: BackupPlace
    snapshot: LockedSnapshot
    selection: Selection
    chain: Chain | None
    key: DataKey
    content_digests: bool


def _target(work: _Work, directories: SequenceOf[Directory], *, folder: str, progress: Progress) -> ObjectPlace:
    tables = work.snapshot.tables
    total = sum(table.bytes for table in tables) + sum(directory.listing.bytes for directory in directories)
    meter = ByteMeter(progress, total=total, tables=[table.label for table in tables if table.has_rows])
    return ObjectPlace(store=work.place.store, folder=folder, key=work.key, copied=meter.add)


def _copy_everything(work: _Work, url: str, target: ObjectPlace) -> dict[str, Any]:
    snapshot, connection = work.snapshot, work.snapshot.connection
    binaries = find_binaries("pg_dump", "pg_restore", at_least=connection.info.server_version // 10_000)
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="schema") as beside:
        dumper = Dumper(
            url=url,
            binaries=binaries,
            snapshot=snapshot.name,
            lock_timeout_seconds=work.system.database.lock_timeout_seconds,
        )
        with translated("reading the catalog"):
            large_objects = work.selection.names is None and catalog.has_large_objects(connection)
        archives = beside.submit(_dump, dumper, target, schema=work.selection.schema, large_objects=large_objects)
        tables = _copy_tables(work, url, target)
        with translated("reading the catalog"):
            return {
                **archives.result(),
                "tables": tables,
                "partitioned": tuple(map(_relation, (table for table in snapshot.tables if not table.has_rows))),
                "left_out": tuple(map(_relation, snapshot.others)),
                "sequences": _sequences(snapshot),
                "roles": catalog.read_roles(connection),
                "extensions": catalog.read_extensions(connection),
                "versions": Versions(sereno=__version__, pg_dump=binaries.version),
                "snapshot": Snapshot(
                    taken_at=snapshot.taken_at,
                    watermark=snapshot.watermark,
                    lsn=snapshot.lsn,
                    flushed=work.selection.keys and wait_until_flushed(snapshot, url),
                    session=dict(COPY_SETTINGS),
                ),
            }


def _copy_tables(work: _Work, url: str, target: ObjectPlace) -> tuple[Table, ...]:
    snapshot, connections = work.snapshot, work.place.section.connections
    sources = [table for table in snapshot.tables if table.has_rows]
    with translated("planning the copy"):
        copies = [
            copy_of(snapshot.connection, source, number=number, keys=work.selection.keys, chain=work.chain)
            for number, source in enumerate(sources, start=1)
        ]
        pieces = plan(
            snapshot.connection, copies, target, connections=connections, content_digests=work.content_digests
        )
    if pieces:
        copy_in_parallel(
            url, snapshot=snapshot.name, connections=connections, purpose=_PURPOSE, work=[piece.run for piece in pieces]
        )
    return tuple(copy.finished() for copy in copies)


def _stamp(now: datetime, place: BackupPlace) -> str:
    """The time in the id, in whole seconds. Ids sort as the backups were taken, also when the clock was set back."""
    latest = now + AHEAD_AT_MOST  # an id that is further ahead is somebody's mistake, and not to be followed
    moments = (moment_of(identifier) for identifier in place.identifiers())
    after = max((moment for moment in moments if moment < latest), default=now - timedelta(seconds=1))
    return f"{max(now, after + timedelta(seconds=1)):{STAMP}}"


def _parent(chain: Chain | None) -> Parent | None:
    return Parent(id=chain.newest.manifest.id, manifest_sha256=chain.newest.manifest_sha256) if chain else None


def _relation(table: catalog.TableSource) -> Relation:
    return Relation(oid=table.oid, schema_name=table.schema_name, name=table.name, partition_of=table.partition_of)


def _dump(dumper: Dumper, target: ObjectPlace, *, schema: bool, large_objects: bool) -> dict[str, Any]:
    archives: dict[str, Any] = {}
    if schema:
        with hidden_file() as archive:
            dumper.schema(archive)
            archives["schema_digest"] = schema_digest(archive, binaries=dumper.binaries)
            archives["schema_dump"] = _seal(archive, ObjectKind.SCHEMA, target)
    if large_objects:
        with hidden_file() as archive:
            dumper.large_objects(archive)
            archives["large_objects"] = _seal(archive, ObjectKind.LARGE_OBJECTS, target)
    return archives


def _seal(archive: HiddenFile, kind: ObjectKind, target: ObjectPlace) -> StoredObject:
    name = f"{kind}.dump"
    with target.writing(name) as writer:
        archive.file.seek(0)
        while data := archive.file.read(FRAME_BYTES):
            writer.write(data)
        return StoredObject(name=name, kind=kind, **vars(writer.close()))


def _sequences(snapshot: LockedSnapshot) -> tuple[Sequence, ...]:
    sources = catalog.read_sequences(snapshot.connection)
    unreadable = [source.label for source in sources if not source.readable]
    if unreadable:
        raise ContractError(f"this role may not read the sequence {', '.join(unreadable)}; grant it SELECT on them")
    return tuple(catalog.read_sequence_value(snapshot.connection, source) for source in sources)


def _owner(settings: Settings) -> bytes:
    owner = {
        "installation": installation_id(settings),
        "host": socket.gethostname(),
        "process": os.getpid(),
    }
    return json.dumps(owner).encode()


def _audit_head(system: System, settings: Settings) -> AuditHead | None:
    with open_ledger(settings) as ledger:
        head = audit.head(ledger, system.name)
    return AuditHead(sequence=head.sequence, hash=head.hash) if head else None
