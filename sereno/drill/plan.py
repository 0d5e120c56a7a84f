"""What a drill would do: which backup, with all that it rests on, and in how many stores that lies."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sereno.backup.manifest import LINKS, Manifest
from sereno.backup.place import LATEST, BackupPlace
from sereno.errors import RefusedError, SerenoError
from sereno.restore.plan import RestorePlan, plan_restore
from sereno.restore.source import open_source
from sereno.systems.model import System


@dataclass(frozen=True, kw_only=True)
class DrillPlan:
    """A drill that can begin. Sizes are of the whole chain."""

    restore: RestorePlan
    store: str
    chain: tuple[str, ...]
    """The backups that are read, oldest first; the last one is the one that is restored."""
    plain_bytes: int
    stored_bytes: int
    is_newest: bool
    """Whether nothing newer could be restored."""
    stores: int
    copies: int
    """In how many of the `stores` the whole chain lies."""

    @property
    def manifest(self) -> Manifest:
        """What the backup holds."""
        return self.restore.manifest

    @property
    def taken_at(self) -> datetime:
        """The moment that the backup shows."""
        return self.manifest.snapshot.taken_at

    @property
    def only_counted(self) -> tuple[str, ...]:
        """Tables of which the backup knows no digest, so that their rows can only be counted."""
        return tuple(table.label for table in self.manifest.tables if table.changes and table.content_digest is None)


def plan_drill(system: System, *, backup: str = LATEST, store: str = "") -> DrillPlan:
    """Open the backup and everything that it rests on; nothing is changed.

    Args:
        system: the system.
        backup: an id, or `latest` for the newest backup that everything can be restored from.
        store: where to read; without a name the first store that has the backup whole.

    Raises:
        RefusedError: there is no such backup, or it holds no schema.
        IntegrityError: a backup of the chain is gone or damaged.
    """
    places = BackupPlace.all_of(system)
    read_from, chain = open_source(system, backup=backup, store=store)
    chosen = chain.newest.manifest.id
    newest = _newest(BackupPlace.of(system, store=read_from))
    ids = tuple(each.manifest.id for each in chain.backups)
    return DrillPlan(
        restore=plan_restore(system, backup=chosen, store=read_from),
        store=read_from,
        chain=ids,
        plain_bytes=sum(each.manifest.plain_bytes for each in chain.backups),
        stored_bytes=sum(each.manifest.stored_bytes for each in chain.backups),
        is_newest=chosen == newest,
        stores=len(places),
        copies=sum(1 for each in _complete(places) if set(ids) <= each),
    )


def _newest(place: BackupPlace) -> str:
    identifiers = reversed(place.identifiers())
    found = next((each for each in identifiers if place.manifest(each).kind in LINKS), None)
    if found is None:
        raise RefusedError(
            f"{place.system} has no full backup in store {place.store.name} yet; run the job `backup` first"
        )
    return found


def _complete(places: Iterable[BackupPlace]) -> Iterator[set[str]]:
    """The complete backups in each store that answers."""
    for place in places:
        try:
            yield set(place.identifiers())
        except SerenoError:
            continue
