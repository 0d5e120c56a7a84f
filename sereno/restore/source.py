"""Which store a restore reads: the one that is named, or the first that has the backup with all that it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from sereno.backup.chain import Chain, open_chain
from sereno.backup.choosing import moment_of
from sereno.backup.place import LATEST, BackupPlace
from sereno.errors import IntegrityError, RefusedError, SerenoError, StorageError
from sereno.systems.model import System


def open_source(system: System, *, backup: str = LATEST, as_of: str = "", store: str = "") -> tuple[str, Chain]:
    """Open a backup and everything that it rests on; the store's name, and the chain.

    Without `store`, the stores are asked in their order. One that lacks the backup, or holds it damaged, is passed
    over; the first one has to answer, as nobody would know otherwise whether another's newest backup is the newest.

    Raises:
        RefusedError: there is no such backup, or both an id and a time are given.
        ConfigurationError: `as_of` is no time that was there once, or there is no such store.
        IntegrityError: a backup of the chain is gone or damaged, in every store.
        StorageError: the store cannot be read.
    """
    if as_of and backup != LATEST:
        raise RefusedError(f"as_of={as_of} chooses a backup, and so does backup={backup}; give one of them")
    places = (BackupPlace.of(system, store=store),) if store else BackupPlace.all_of(system)
    problems: list[SerenoError] = []
    chosen = ""
    for place in places:
        try:
            chosen = chosen or _chosen(place, backup=backup, as_of=as_of, zone=system.zone)
            return place.store.name, open_chain(place, chosen)
        except (RefusedError, IntegrityError, StorageError) as error:
            problems.append(error)
            if place is places[0] and isinstance(error, StorageError):
                break
    raise _explained(problems, [place.store.name for place in places])


def _chosen(place: BackupPlace, *, backup: str, as_of: str, zone: ZoneInfo) -> str:
    if as_of:
        return place.newest(as_of=moment_of(as_of, zone))
    return place.newest() if backup == LATEST else backup


def _explained(problems: Sequence[SerenoError], stores: Sequence[str]) -> SerenoError:
    """The first store's problem, and what there is to say of the others."""
    first, *others = problems
    untried = stores[len(problems) :]
    more = "".join(f"; {other}" for other in others)
    if untried:
        more += f"; the backups may also be in {', '.join(untried)}: run it again with store={untried[0]}"
    return type(first)(f"{first}{more}")
