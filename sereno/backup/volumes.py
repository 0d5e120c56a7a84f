"""The system's directories in a backup: each one archive, sealed as every other object is.

They are looked at when the snapshot of the database is taken, and read when its rows are: so a file that a row of the
backup names is there, unless it was deleted in between.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sereno.backup.chain import Chain
from sereno.backup.manifest import ObjectKind, StoredObject, Volume
from sereno.backup.object_place import ObjectPlace
from sereno.errors import ConfigurationError, SerenoError
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.model import System
from sereno.systems.sections.stores import FolderStore
from sereno.systems.sections.volumes import Volume as Section
from sereno.volumes.listing import Listing, list_directory
from sereno.volumes.pack import Packed, pack
from sereno.volumes.walk import exclusion


@dataclass(frozen=True)
class Directory:
    """A volume of the system as it is now."""

    section: Section
    path: Path
    listing: Listing


@dataclass(frozen=True)
class TakenVolume:
    """A volume as the backup holds it. Without `packed` it has not changed since the parent backup."""

    entry: Volume
    packed: Packed | None = None


def list_volumes(system: System, settings: Settings) -> tuple[Directory, ...]:
    """Look at every volume of the system; no content is read.

    Raises:
        ConfigurationError: a directory is not there, or holds a store of backups.
        ContractError: this process may not read something; the message says what.
    """
    return tuple(list_volume(system, section, settings) for section in system.volumes)


def list_volume(system: System, section: Section, settings: Settings) -> Directory:
    """Look at one volume; raises as `list_volumes` does."""
    require_no_store_inside(system, section, settings)
    path = _path(section, settings)
    with naming(section.name):
        return Directory(section, path, list_directory(path, section.exclude))


def take_volumes(
    directories: tuple[Directory, ...], place: ObjectPlace, chain: Chain | None
) -> tuple[TakenVolume, ...]:
    """Seal each directory as an object, but one in which nothing has changed since the parent backup.

    Args:
        directories: what `list_volumes` has seen.
        place: where objects go.
        chain: the parent backup with all it rests on; None where everything goes in.

    Raises:
        ContractError: this process may not read something; the message says what.
        StorageError: something cannot be read, or the store not written.
    """
    return tuple(_unchanged(each, chain) or _taken(each, place) for each in directories)


def volume_findings(taken: TakenVolume) -> Iterator[Finding]:
    """What an operator has to know of a volume that was taken: what is not in the backup as it stood there."""
    packed, name = taken.packed, taken.entry.name
    if packed is None:
        return
    for remark, statement in (
        (packed.changed, f"no file of volume {name} was written to while it was read"),
        (packed.gone, f"nothing of volume {name} vanished while it was read"),
        (packed.skipped, f"volume {name} holds only files, folders and links"),
    ):
        if remark.count:
            yield Finding(name=statement, passed=False, required=False, evidence=str(remark))


def require_no_store_inside(system: System, section: Section, settings: Settings) -> None:
    """Refuse a volume of which each backup would hold all earlier backups.

    Raises:
        ConfigurationError: the folder of a store lies in it and is not excluded.
    """
    root, excluded = _path(section, settings).resolve(), exclusion(section.exclude)
    for store in system.backup.stores if system.backup else ():
        if not isinstance(store, FolderStore):
            continue
        folder = (settings.home_path / store.folder).resolve()
        if not folder.is_relative_to(root):
            continue
        inside = folder.relative_to(root)
        if not any(excluded(os.fsencode(each)) for each in (inside, *inside.parents) if each.name):
            raise ConfigurationError(
                f"the store {store.name} lies in the volume {section.name}, so each backup would hold all earlier "
                "ones; exclude its folder, or move it"
            )


@contextmanager
def naming(volume: str) -> Iterator[None]:
    """Let errors say in which volume they happened."""
    try:
        yield
    except SerenoError as error:
        raise type(error)(f"volume {volume}: {error}") from error


def _unchanged(directory: Directory, chain: Chain | None) -> TakenVolume | None:
    name, listing = directory.section.name, directory.listing
    known = chain.newest.manifest.volumes if chain else ()
    before = next((volume for volume in known if volume.name == name), None)
    if chain is None or before is None or listing.digest is None or before.listing != listing.digest:
        return None
    chain.volume(name)  # raises where the archive is gone
    return TakenVolume(_entry(directory, listing, archive=None))


def _taken(directory: Directory, place: ObjectPlace) -> TakenVolume:
    name = directory.section.name
    with naming(name), place.writing(f"volumes/{name}.tar") as writer:
        packed = pack(
            directory.path,
            directory.section.exclude,
            writer.write,
            packed=lambda size: place.copied(size, f"volume {name}"),
        )
        archive = StoredObject(name=writer.name, kind=ObjectKind.VOLUME, **vars(writer.close()))
    entry = _entry(directory, packed.listing, archive=archive, changed=packed.changed.count)
    return TakenVolume(entry, packed)


def _entry(directory: Directory, listing: Listing, *, archive: StoredObject | None, changed: int = 0) -> Volume:
    return Volume(
        name=directory.section.name,
        path=str(directory.path),
        archive=archive,
        listing=listing.digest,
        files=listing.files,
        bytes=listing.bytes,
        changed=changed,
    )


def _path(section: Section, settings: Settings) -> Path:
    return settings.home_path / section.path
