"""Copies of backups in a system's other stores: as they are, sealed, the manifest last."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from sereno.backup.keys import KEYS_NAME
from sereno.backup.manifest import Manifest, StoredObject
from sereno.backup.manifest_file import MANIFEST_AT_MOST_BYTES, MANIFEST_NAME
from sereno.backup.place import BackupPlace
from sereno.backup.write import OWNER_NAME
from sereno.errors import IntegrityError
from sereno.progress import ByteMeter, Progress, silent
from sereno.systems.model import System

_CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True)
class StoreCopy:
    """What became of one of the other stores: the backups that were copied there, or why they are not."""

    store: str
    copied: tuple[str, ...] = ()
    problem: str = ""


def other_stores(system: System) -> tuple[str, ...]:
    """The names of the stores that get copies."""
    return tuple(place.store.name for place in BackupPlace.all_of(system)[1:])


def copy_to_store(system: System, store: str, *, progress: Progress = silent) -> StoreCopy:
    """Bring every backup of the first store to another one that lacks it, oldest first, so that parents come first.

    To be called while holding the exclusion of `backup`. What an earlier copy left unfinished is gone on with.

    Args:
        system: the system.
        store: the name of one of its other stores.
        progress: told of bytes of stored objects.

    Raises:
        StorageError: one of the stores cannot be read or written.
        IntegrityError: an object of the first store is not what its manifest says.
    """
    source, target = BackupPlace.of(system), BackupPlace.of(system, store=store)
    there = set(target.identifiers())
    missing = [identifier for identifier in source.identifiers() if identifier not in there]
    manifests = {identifier: source.manifest(identifier) for identifier in missing}
    meter = ByteMeter(progress, total=sum(manifest.stored_bytes for manifest in manifests.values()), tables=())
    for identifier, manifest in manifests.items():
        _copy_backup(source, target, identifier, manifest, meter)
    return StoreCopy(store=store, copied=tuple(missing))


def _copy_backup(
    source: BackupPlace, target: BackupPlace, identifier: str, manifest: Manifest, meter: ByteMeter
) -> None:
    folder = source.folder(identifier)
    for name in (OWNER_NAME, KEYS_NAME):
        path = f"{folder}/{name}"
        if not target.store.exists(path):
            _put(target, path, source.store.read(path, at_most=MANIFEST_AT_MOST_BYTES))
    for entry in manifest.objects:
        _copy_object(source, target, f"{folder}/{entry.name}", entry, meter)
    path = f"{folder}/{MANIFEST_NAME}"
    _put(target, path, source.store.read(path, at_most=MANIFEST_AT_MOST_BYTES))


def _copy_object(source: BackupPlace, target: BackupPlace, path: str, entry: StoredObject, meter: ByteMeter) -> None:
    if target.store.exists(path) and target.store.size(path) == entry.stored_bytes:
        meter.add(entry.stored_bytes, entry.name)
        return
    digest = hashlib.sha256()
    with target.store.create(path) as sink, source.store.open(path) as stored:
        while chunk := stored.read(_CHUNK_BYTES):
            digest.update(chunk)
            sink.write(chunk)
            meter.add(len(chunk), entry.name)
        if digest.hexdigest() != entry.stored_sha256:
            raise IntegrityError(
                f"{path} in store {source.store.name} is not what its manifest says; it was not copied"
            )


def _put(target: BackupPlace, path: str, data: bytes) -> None:
    with target.store.create(path) as sink:
        sink.write(data)
