"""The backups that an increment rests on: opening them all, and following one table through them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from sereno.backup.key_changes import KeyEvent, events
from sereno.backup.key_diff import Change
from sereno.backup.key_order import OrderKey
from sereno.backup.manifest import KeySet, StoredObject, Table
from sereno.backup.place import BackupPlace, OpenBackup
from sereno.errors import IntegrityError, RefusedError


@dataclass(frozen=True)
class TableLevel:
    """A table as one backup of a chain holds it."""

    backup: OpenBackup
    table: Table


@dataclass(frozen=True)
class Chain:
    """A backup and everything it rests on: the first holds everything, each other one what changed since."""

    backups: tuple[OpenBackup, ...]

    @property
    def newest(self) -> OpenBackup:
        """The backup that was asked for."""
        return self.backups[-1]

    def levels(self, oid: int) -> tuple[TableLevel, ...]:
        """The table `oid` from the newest backup that holds all its rows on, oldest first; empty when it has none.

        Raises:
            IntegrityError: the chain does not reach down to the table's rows.
        """
        levels: list[TableLevel] = []
        for backup in reversed(self.backups):
            table = next((table for table in backup.manifest.tables if table.oid == oid), None)
            if table is None:
                break
            levels.insert(0, TableLevel(backup, table))
            if table.changes is None:
                return tuple(levels)
        if levels:
            label = levels[-1].table.label
            raise IntegrityError(f"backup {self.newest.manifest.id} rests on rows of {label} that its parents lack")
        return ()

    def volume(self, name: str) -> tuple[OpenBackup, StoredObject]:
        """The archive of a volume, and the newest backup that holds one.

        Raises:
            IntegrityError: the chain does not reach down to an archive.
        """
        for backup in reversed(self.backups):
            volume = next((volume for volume in backup.manifest.volumes if volume.name == name), None)
            if volume is None:
                break
            if volume.archive:
                return backup, volume.archive
        raise IntegrityError(f"backup {self.newest.manifest.id} rests on an archive of volume {name} that is not there")


def open_chain(place: BackupPlace, identifier: str) -> Chain:
    """Open a backup (an id, or `latest`) and every backup it rests on, each proven to be the one that was meant.

    Raises:
        RefusedError: there is no such backup.
        IntegrityError: a parent is gone, or is not what it was.
        WrongPassphraseError: the passphrase does not open one of them.
    """
    backups = [place.open(identifier)]
    while parent := backups[0].manifest.parent:
        child = backups[0].manifest.id
        try:
            opened = place.open(parent.id)
        except RefusedError:
            raise IntegrityError(
                f"backup {child} rests on {parent.id}, which is not in store {place.store.name} any more; "
                "fetch it from another copy, or restore an older full backup"
            ) from None
        if opened.manifest_sha256 != parent.manifest_sha256:
            raise IntegrityError(
                f"backup {child} rests on {parent.id}, whose manifest is not the one it was built on; "
                "fetch that from another copy, or restore an older full backup"
            )
        backups.insert(0, opened)
    return Chain(tuple(backups))


def key_history(
    levels: Sequence[TableLevel], *, order: Callable[[bytes], OrderKey]
) -> tuple[Iterator[bytes], list[Iterator[KeyEvent]]]:
    """The key set of the whole table as blocks of text, and for each increment since then its sorted changes.

    Raises:
        IntegrityError: a key set is missing or damaged.
    """
    whole, *increments = levels
    if whole.table.key_set is None:
        raise IntegrityError(f"backup {whole.backup.manifest.id} holds no keys of {whole.table.label}")
    history = [_changes(level, number, order=order) for number, level in enumerate(increments)]
    return whole.backup.frames(whole.table.key_set), history


def _changes(level: TableLevel, number: int, *, order: Callable[[bytes], OrderKey]) -> Iterator[KeyEvent]:
    changes = level.table.changes
    if changes is None:
        raise IntegrityError(f"backup {level.backup.manifest.id} does not say what changed in {level.table.label}")

    def read(entry: KeySet, change: Change) -> Iterator[KeyEvent]:
        frames = level.backup.frames(entry)
        return events(frames, change=change, level=number, encoding=entry.encoding, order=order)

    return merge(read(changes.removed, "removed"), read(changes.added, "added"))
