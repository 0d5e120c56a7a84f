"""Where the backups of a system lie, and opening one of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sereno.backup import choosing
from sereno.backup.keys import KEYS_AT_MOST_BYTES, KEYS_NAME, DataKey, KeyFile
from sereno.backup.manifest import Manifest, StoredObject
from sereno.backup.manifest_file import (
    MANIFEST_AT_MOST_BYTES,
    MANIFEST_NAME,
    authenticate_manifest,
    is_identifier,
    manifest_digest,
    read_manifest,
    require_identifier,
)
from sereno.backup.objects import read_plain
from sereno.backup.passphrases import Passphrases
from sereno.errors import ConfigurationError, IntegrityError, RefusedError
from sereno.settings import Settings
from sereno.stores import Store, open_store
from sereno.systems.model import System
from sereno.systems.sections.backup import Backup

LATEST = "latest"


@dataclass(frozen=True)
class OpenBackup:
    """A backup whose manifest is authenticated, with the key that opens its objects."""

    manifest: Manifest
    manifest_sha256: str
    key: DataKey
    store: Store
    folder: str

    def frames(self, entry: StoredObject) -> Iterator[bytes]:
        """What an object holds, authenticated, in frames of at most 1 MiB."""
        with self.store.open(self.object_path(entry.name)) as source:
            yield from read_plain(source, key=self.key, name=entry.name)

    def object_path(self, name: str) -> str:
        """Where the object that the manifest calls `name` lies in the store."""
        return f"{self.folder}/{name}"


@dataclass(frozen=True)
class BackupPlace:
    """The backups of one system in one store."""

    system: str
    store: Store
    section: Backup

    @classmethod
    def of(cls, system: System, settings: Settings | None = None, *, store: str = "") -> BackupPlace:
        """The place in the store of that name; without a name in the first store, to which backups are written.

        Raises:
            ConfigurationError: the system has no section `backup`, or no such store.
        """
        section = _section(system)
        for each in section.stores:
            if store in ("", each.name):
                return cls(system=system.name, store=open_store(each, settings), section=section)
        names = ", ".join(each.name for each in section.stores)
        raise ConfigurationError(f"{system.name} has no store {store!r}; its system.yaml knows: {names}")

    @classmethod
    def all_of(cls, system: System, settings: Settings | None = None) -> tuple[BackupPlace, ...]:
        """The places in all stores; the first is the one to which backups are written.

        Raises:
            ConfigurationError: the system has no section `backup`.
        """
        section = _section(system)
        stores = (open_store(each, settings) for each in section.stores)
        return tuple(cls(system=system.name, store=store, section=section) for store in stores)

    def folder(self, identifier: str) -> str:
        """The folder of one backup."""
        return f"{self.system}/{require_identifier(identifier)}"

    def identifiers(self) -> list[str]:
        """The complete backups, oldest first."""
        return list(self._folders(MANIFEST_NAME))

    def with_keys(self) -> list[str]:
        """The backups that have key slots, or should have: complete ones, and those that lack only their manifest."""
        return list(self._folders(KEYS_NAME, MANIFEST_NAME))

    def newest(self, *, as_of: datetime | None = None) -> str:
        """The newest complete backup that holds everything, and only without one of any kind.

        Args:
            as_of: none that shows a later moment.

        Raises:
            RefusedError: there is none; the message names the oldest where there are later ones.
        """
        identifiers = self.identifiers()
        if not identifiers:
            raise RefusedError(
                f"{self.system} has no backup in store {self.store.name} yet; take one with `sereno run backup "
                f"{self.system}`"
            )
        if as_of is None:
            return choosing.newest(identifiers)
        found = choosing.newest_as_of(as_of, identifiers, taken_at=self._taken_at)
        if found is None:
            oldest = identifiers[0]
            raise RefusedError(
                f"{self.system} has no backup as of {as_of.isoformat()}: the oldest in store {self.store.name} is "
                f"{oldest}, taken at {self._taken_at(oldest).astimezone(as_of.tzinfo).isoformat()}"
            )
        return found

    def _taken_at(self, identifier: str) -> datetime:
        return self.manifest(identifier).snapshot.taken_at

    def unfinished(self) -> Iterator[str]:
        """Folders without a manifest: runs that are under way, or died."""
        complete = set(self.identifiers())
        return (name for name in self._folders() if name not in complete)

    def _folders(self, *holding: str) -> Iterator[str]:
        """Folders that a backup may be in, those `holding` one of some objects; somebody's `old-copy` is none."""
        return (name for name in self.store.folders(self.system, holding=holding) if is_identifier(name))

    def manifest(self, identifier: str) -> Manifest:
        """The manifest as it stands there, unauthenticated."""
        return read_manifest(self._manifest_bytes(identifier), where=f"{identifier}/{MANIFEST_NAME}")

    def open(self, identifier: str) -> OpenBackup:
        """Authenticate a backup: an id, or `latest` for the one that `newest` gives.

        Raises:
            RefusedError: there is no such backup.
            WrongPassphraseError, IntegrityError: see `Passphrases.unlock` and `authenticate_manifest`.
        """
        chosen = self.newest() if identifier == LATEST else identifier
        folder = self.folder(chosen)
        data = self._manifest_bytes(chosen)
        key = self.data_key(chosen)
        manifest = authenticate_manifest(data, key=key, where=f"{chosen}/{MANIFEST_NAME}")
        if (manifest.id, manifest.origin.system) != (chosen, self.system):
            raise IntegrityError(
                f"{chosen}/{MANIFEST_NAME} is the manifest of {manifest.origin.system}/{manifest.id}: "
                "somebody moved a backup"
            )
        return OpenBackup(
            manifest=manifest, manifest_sha256=manifest_digest(data), key=key, store=self.store, folder=folder
        )

    def key_file(self, identifier: str) -> KeyFile:
        """The key slots of a backup.

        Raises:
            IntegrityError: they are missing or damaged.
        """
        path, where = f"{self.folder(identifier)}/{KEYS_NAME}", f"{identifier}/{KEYS_NAME}"
        if not self.store.exists(path):
            raise IntegrityError(f"{where} is missing; without its key slots the backup cannot be opened")
        return KeyFile.parse(self.store.read(path, at_most=KEYS_AT_MOST_BYTES), where=where)

    def data_key(self, identifier: str) -> DataKey:
        """The data key of a backup, complete or not; raises as `key_file` and `Passphrases.unlock` do."""
        keys = self.key_file(identifier)
        return Passphrases.of(self.section).unlock(keys, where=f"{identifier}/{KEYS_NAME}")

    def _manifest_bytes(self, identifier: str) -> bytes:
        path = f"{self.folder(identifier)}/{MANIFEST_NAME}"
        if not self.store.exists(path):
            known = ", ".join(self.identifiers()[-3:]) or "none"
            raise RefusedError(
                f"{self.system} has no backup {identifier} in store {self.store.name}; the newest are: {known}"
            )
        return self.store.read(path, at_most=MANIFEST_AT_MOST_BYTES)


def _section(system: System) -> Backup:
    if system.backup is None:
        raise ConfigurationError(f"{system.name} has no section `backup` in its system.yaml, so it has no backups")
    return system.backup
