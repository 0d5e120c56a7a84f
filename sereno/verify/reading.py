"""Reading one backup in one store, and what the readings of a chain say together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sereno.backup.manifest import Parent
from sereno.backup.place import BackupPlace
from sereno.backup.read_back import read_whole
from sereno.errors import IntegrityError, RefusedError, StorageError, WrongPassphraseError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import note_reading
from sereno.progress import Progress, silent
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Finding
from sereno.systems.model import System
from sereno.verify.inventory import StoredBackup

_MOST_SHOWN = 10  # problems of one backup


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What came of reading a backup."""

    store: str
    backup: str
    read_at: datetime | None = None
    """None when it could not be looked into, so that nothing is known of it."""
    parent: Parent | None = None
    manifest_sha256: str | None = None
    """None when the backup could not be opened."""
    objects: int = 0
    rows: int = 0
    plain_bytes: int = 0
    stored_bytes: int = 0
    problems: tuple[str, ...] = ()
    deleted: bool = False
    """Whether the backup was deleted while it was read, as retention may do."""

    @property
    def whole(self) -> bool:
        """Whether everything in it was what had been written."""
        return not self.problems


def read_backup(system: System, stored: StoredBackup, *, progress: Progress = silent) -> Reading:
    """Fetch and authenticate every object of `stored`, and remember in the ledger that it was read.

    Raises:
        MissingSecretError: the passphrase is not there.
        SystemUnavailableError: the store does not answer.
        SerenoError: the ledger cannot be written.
    """
    place = next(place for place in BackupPlace.all_of(system) if place.store.name == stored.store)
    reading = _read(place, stored.id, progress)
    if reading.problems and stored.id not in place.identifiers():
        return Reading(store=stored.store, backup=stored.id, deleted=True)
    if reading.read_at:
        with open_ledger() as ledger:
            seen = {"system": system.name, "store": stored.store, "backup": stored.id}
            note_reading(ledger, **seen, at=reading.read_at, whole=reading.whole)
    return reading


def reading_findings(readings: Sequence[Reading]) -> Iterator[Finding]:
    """One finding for each backup: is it whole, and is everything whole that it rests on?"""
    known = {(reading.store, reading.backup): reading for reading in readings}
    for reading in readings:
        if reading.deleted:
            continue
        problems = (*reading.problems, *_problems_below(reading, known))
        yield Finding(
            name=f"backup {reading.backup} in store {reading.store} can be read",
            passed=not problems,
            evidence=_listed(problems) if problems else _evidence(reading),
        )


def _read(place: BackupPlace, identifier: str, progress: Progress) -> Reading:
    at = datetime.now(UTC)
    try:
        backup = place.open(identifier)
        read = read_whole(backup, progress=progress)
    except IntegrityError as error:
        return Reading(store=place.store.name, backup=identifier, read_at=at, problems=(str(error),))
    except (StorageError, WrongPassphraseError, RefusedError) as error:
        return Reading(store=place.store.name, backup=identifier, problems=(str(error),))
    manifest = read.manifest
    return Reading(
        store=place.store.name,
        backup=identifier,
        read_at=at,
        parent=manifest.parent,
        manifest_sha256=backup.manifest_sha256,
        objects=read.objects,
        rows=manifest.rows_copied,
        plain_bytes=manifest.plain_bytes,
        stored_bytes=manifest.stored_bytes,
        problems=read.problems,
    )


def _problems_below(reading: Reading, known: dict[tuple[str, str], Reading]) -> Iterator[str]:
    """What is wrong with the backups that this one rests on, each in a sentence."""
    above, seen = reading, {reading.backup}
    while above.parent and above.parent.id not in seen:
        wanted = above.parent
        seen.add(wanted.id)
        parent = known.get((reading.store, wanted.id))
        if parent is None or parent.deleted:
            yield (
                f"it rests on {wanted.id}, which is gone from store {reading.store} or cannot be read there; "
                "fetch it from another copy, or take a full backup now"
            )
            return
        if parent.manifest_sha256 != wanted.manifest_sha256 and parent.manifest_sha256 is not None:
            yield f"it rests on {wanted.id}, whose manifest is not the one it was built on"
        if not parent.whole:
            yield f"it rests on {wanted.id}, which cannot be read whole"
        above = parent


def _listed(problems: Sequence[str]) -> str:
    more = len(problems) - _MOST_SHOWN
    return "\n".join([*problems[:_MOST_SHOWN], *([f"and {human_count(more)} more"] if more > 0 else [])])


def _evidence(reading: Reading) -> str:
    rests = f"; so can {reading.parent.id}, on which it rests" if reading.parent else ""
    return (
        f"{human_count(reading.objects, 'object')} and {human_count(reading.rows, 'row')} fetched, authenticated and "
        f"counted, {human_bytes(reading.plain_bytes)}{rests}"
    )
