"""What lies in one store: backups as retention sees them, those that cannot be read, and what is no backup."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sereno.backup.keep import DatedBackup
from sereno.backup.manifest_file import MANIFEST_NAME, is_identifier, moment_of
from sereno.backup.place import BackupPlace
from sereno.errors import IntegrityError, RefusedError, StorageError
from sereno.stores import StoredFile

LEFT_ALONE = timedelta(hours=24)
"""For how long a folder without a manifest may still be a backup that is being written or copied."""


@dataclass(frozen=True, slots=True)
class Leftover:
    """A folder without a manifest. `touched_at` is the last time that anything was written in it."""

    id: str
    stored_bytes: int
    touched_at: datetime

    def abandoned(self, now: datetime) -> bool:
        """Whether nobody is at work on it any more."""
        return now - self.touched_at > LEFT_ALONE


@dataclass(frozen=True, slots=True)
class Inventory:
    """What one store holds of a system, oldest first.

    `unreadable` says of backups why they cannot be read, `problem` why nothing at all can be.
    """

    store: str
    backups: tuple[DatedBackup, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    leftovers: tuple[Leftover, ...] = ()
    problem: str = ""

    @property
    def identifiers(self) -> frozenset[str]:
        """The ids of all complete backups, readable or not."""
        return frozenset({*(backup.id for backup in self.backups), *self.unreadable})


def take_inventory(place: BackupPlace) -> Inventory:
    """List the store, and read the manifests. Folders that are no backup's are not looked at."""
    try:
        files = _files_by_backup(place)
    except StorageError as error:
        return Inventory(place.store.name, problem=str(error))
    backups: list[DatedBackup] = []
    unreadable: dict[str, str] = {}
    leftovers: list[Leftover] = []
    for identifier, found in sorted(files.items()):
        size = sum(file.bytes for file in found)
        if not any(file.name == f"{place.system}/{identifier}/{MANIFEST_NAME}" for file in found):
            leftovers += _leftover(identifier, found, size)
            continue
        try:
            backups.append(replace(_read(place, identifier), stored_bytes=size))
        except RefusedError:
            continue  # gone since it was listed
        except (IntegrityError, StorageError) as error:
            unreadable[identifier] = str(error)
    return Inventory(place.store.name, tuple(backups), unreadable, tuple(leftovers))


def _files_by_backup(place: BackupPlace) -> dict[str, list[StoredFile]]:
    files: dict[str, list[StoredFile]] = defaultdict(list)
    for name in place.store.folders(place.system):
        if is_identifier(name):
            files[name] = []  # also one in which nothing is complete yet
    for file in place.store.files(place.system):
        _, _, rest = file.name.partition("/")
        identifier, below, _ = rest.partition("/")
        if below and is_identifier(identifier):
            files[identifier].append(file)
    return files


def _read(place: BackupPlace, identifier: str) -> DatedBackup:
    manifest = place.manifest(identifier)
    if (manifest.id, manifest.origin.system) != (identifier, place.system):
        raise IntegrityError(
            f"{identifier}/{MANIFEST_NAME} is the manifest of {manifest.origin.system}/{manifest.id}: "
            "somebody moved a backup"
        )
    return DatedBackup.of(manifest)


def _leftover(identifier: str, found: list[StoredFile], size: int) -> list[Leftover]:
    try:
        begun = moment_of(identifier)
    except ValueError:
        return []  # its name holds no date, so it is none of Sereno's
    return [Leftover(identifier, size, max([begun, *(file.modified for file in found)]))]
