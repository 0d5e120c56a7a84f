"""What an increment can build on, or why it has to be a full backup."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.backup.chain import Chain, open_chain
from sereno.backup.manifest import LINKS, Manifest, Origin
from sereno.backup.manifest_file import kind_in
from sereno.backup.place import BackupPlace
from sereno.backup.snapshot import LockedSnapshot
from sereno.database.connection import COPY_SETTINGS
from sereno.errors import IntegrityError, WrongPassphraseError

_TRANSACTIONS = 2**31


@dataclass(frozen=True)
class Basis:
    """The chain that an increment builds on; without one, `reason` says why everything goes in."""

    chain: Chain | None = None
    reason: str = ""


def find_basis(place: BackupPlace, snapshot: LockedSnapshot, origin: Origin) -> Basis:
    """Look for the newest backup that rows of now can be compared with.

    Args:
        place: where the backups are.
        snapshot: the moment of the increment.
        origin: the database that it is of.

    Raises:
        StorageError: the store cannot be read.
    """
    links = (identifier for identifier in reversed(place.identifiers()) if kind_in(identifier) in LINKS)
    newest = next(links, None)
    if newest is None:
        return Basis(reason="there is no backup to build on yet")
    try:
        chain = open_chain(place, newest)
    except (IntegrityError, WrongPassphraseError) as error:
        return Basis(reason=f"the newest backup cannot be built on: {error}")
    problem = obstacle(chain.newest.manifest, snapshot, origin)
    return Basis(reason=f"{newest} cannot be built on: {problem}") if problem else Basis(chain=chain)


def obstacle(parent: Manifest, snapshot: LockedSnapshot, origin: Origin) -> str | None:
    """Why rows of `parent` and of now cannot be told apart by their transactions."""
    before = parent.origin
    if None in (origin.system_identifier, origin.timeline):
        return "the server does not tell its system identifier and timeline"
    if (before.system_identifier, before.database_oid) != (origin.system_identifier, origin.database_oid):
        return "it is of another database"
    if before.timeline != origin.timeline:
        return f"the server was recovered or failed over since (timeline {before.timeline} then, {origin.timeline} now)"
    if not parent.snapshot.flushed:
        return "the WAL was not on disk up to its snapshot, so a crash could have reused its transactions"
    if parent.snapshot.session != dict(COPY_SETTINGS):
        return "it was taken with other session settings"
    if snapshot.next_transaction - parent.snapshot.watermark >= _TRANSACTIONS:
        return "more than 2^31 transactions lie between"
    return None
