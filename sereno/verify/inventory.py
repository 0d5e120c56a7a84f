"""What lies in the stores of a system, and what has been proven of it so far."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from sereno.backup.keep import DatedBackup, KeepPolicy, within_calendars
from sereno.backup.manifest import BackupKind, Manifest
from sereno.backup.place import BackupPlace
from sereno.backup.retention import calendar
from sereno.errors import IntegrityError, StorageError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import LastReading, last_passed_drills, last_readings
from sereno.settings import load_settings
from sereno.systems.model import System


@dataclass(frozen=True, kw_only=True)
class StoredBackup:
    """A complete backup as it lies in one store, as its manifest says, which nobody has authenticated yet."""

    store: str
    id: str
    kind: BackupKind
    parent: str | None
    taken_at: datetime
    rows: int
    plain_bytes: int
    stored_bytes: int
    read_at: datetime | None = None
    whole_at: datetime | None = None
    """When it was last read and nothing was wrong with it."""
    drilled_at: datetime | None = None
    stays_until: str = ""
    """What the rules of retention make of it now: a day, `goes`, or `no end in sight`."""

    @property
    def damaged(self) -> bool:
        """Whether something was wrong with it when it was last read."""
        return self.whole_at != self.read_at


@dataclass(frozen=True)
class Inventory:
    """The complete backups in all stores, oldest first in each, and those whose manifest cannot be read."""

    stores: tuple[str, ...]
    backups: tuple[StoredBackup, ...]
    unreadable: Mapping[tuple[str, str], str]
    """What is wrong, by store and id."""

    def of_store(self, store: str) -> tuple[StoredBackup, ...]:
        """What lies in one store, oldest first."""
        return tuple(backup for backup in self.backups if backup.store == store)


def take_inventory(system: System) -> Inventory:
    """List every store of `system`, and look up in the ledger what was proven before.

    Raises:
        ConfigurationError: the system has no section `backup`.
        StorageError: a store cannot be listed.
    """
    settings = load_settings()
    places = BackupPlace.all_of(system, settings)
    with open_ledger(settings) as ledger:
        read, drilled = last_readings(ledger, system.name), last_passed_drills(ledger, system.name)
    unreadable: dict[tuple[str, str], str] = {}
    backups = [
        backup for place in places for backup in sorted(_listed(place, unreadable), key=lambda backup: backup.taken_at)
    ]
    proven = [_with_proofs(backup, read.get((backup.store, backup.id)), drilled) for backup in backups]
    keep, now = KeepPolicy.of(system, settings), datetime.now(UTC)
    return Inventory(
        stores=tuple(place.store.name for place in places),
        backups=tuple(
            each for place in places for each in _with_expiry(place.store.name, proven, unreadable, keep, now)
        ),
        unreadable=unreadable,
    )


def _listed(place: BackupPlace, unreadable: dict[tuple[str, str], str]) -> Iterator[StoredBackup]:
    for identifier in place.identifiers():
        try:
            manifest = place.manifest(identifier)
        except (IntegrityError, StorageError) as error:
            unreadable[place.store.name, identifier] = str(error)
            continue
        yield _described(place.store.name, identifier, manifest)


def _described(store: str, identifier: str, manifest: Manifest) -> StoredBackup:
    return StoredBackup(
        store=store,
        id=identifier,
        kind=manifest.kind,
        parent=manifest.parent.id if manifest.parent else None,
        taken_at=manifest.snapshot.taken_at,
        rows=manifest.rows,
        plain_bytes=manifest.plain_bytes,
        stored_bytes=manifest.stored_bytes,
    )


def _with_proofs(backup: StoredBackup, reading: LastReading | None, drilled: Mapping[str, datetime]) -> StoredBackup:
    known = replace(backup, drilled_at=drilled.get(backup.id))
    return replace(known, read_at=reading.read_at, whole_at=reading.whole_at) if reading else known


def _with_expiry(
    store: str,
    backups: Sequence[StoredBackup],
    unreadable: Mapping[tuple[str, str], str],
    keep: KeepPolicy,
    now: datetime,
) -> Iterator[StoredBackup]:
    """The backups in one store, each with how long the rules let it stay there."""
    own = [backup for backup in backups if backup.store == store]
    dated = [
        DatedBackup(each.id, each.kind, within_calendars(each.taken_at), each.parent, each.stored_bytes) for each in own
    ]
    entries = calendar(
        dated,
        keep=keep,
        now=now,
        unreadable=[identifier for place, identifier in unreadable if place == store],
        damaged=[each.id for each in own if each.damaged],
    )
    until = {entry.backup.id: entry.until(keep.zone) for entry in entries}
    return (replace(each, stays_until=until[each.id]) for each in own)
