"""Reading a backup back from its store: every byte fetched, authenticated, decrypted, unpacked and counted."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sereno.backup.manifest import KeySet, Manifest, RowsPart, StoredObject
from sereno.backup.objects import StoredDigest, read_plain
from sereno.backup.place import BackupPlace, OpenBackup
from sereno.backup.write import WrittenBackup
from sereno.errors import IntegrityError, StorageError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import note_reading
from sereno.progress import ByteMeter, Progress, silent
from sereno.systems.model import System

_THREADS = 2


@dataclass(frozen=True)
class ReadBack:
    """What came of reading a backup: one sentence for each object that is not what the manifest says."""

    manifest: Manifest
    problems: tuple[str, ...] = field(default=())

    @property
    def objects(self) -> int:
        """How many objects were read."""
        return len(self.manifest.objects)


def read_back(system: System, written: WrittenBackup, *, progress: Progress = silent) -> ReadBack:
    """Fetch a backup that was just written, prove that it can be read, and remember that. Raises as `verify` does."""
    at = datetime.now(UTC)
    read = verify(system, written.id, progress=progress)
    with open_ledger() as ledger:
        place = {"system": system.name, "store": written.store, "backup": written.id}
        note_reading(ledger, **place, at=at, whole=not read.problems)
    return read


def verify(system: System, identifier: str, *, progress: Progress = silent) -> ReadBack:
    """Read the whole backup `identifier` (or `latest`); one damaged object does not hide the others.

    Raises:
        IntegrityError: the manifest or the key file is not what was written.
        WrongPassphraseError: the passphrase does not open it.
        StoreUnavailableError: the store does not answer now.
        RefusedError: there is no such backup.
    """
    return read_whole(BackupPlace.of(system).open(identifier), progress=progress)


def read_whole(backup: OpenBackup, *, progress: Progress = silent) -> ReadBack:
    """Read every object of `backup`; one that is damaged does not hide the others."""
    manifest = backup.manifest
    labels = {entry.name: table.label for table in manifest.tables for entry in table.objects}
    meter = ByteMeter(progress, total=manifest.plain_bytes, tables=labels.values())

    def check(entry: StoredObject) -> str | None:
        problem = _problem(backup, entry)
        meter.add(entry.plain_bytes, labels.get(entry.name, entry.name))
        return problem

    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="verify") as pool:
        problems = tuple(problem for problem in pool.map(check, manifest.objects) if problem)
    return ReadBack(manifest=manifest, problems=problems)


def _problem(backup: OpenBackup, entry: StoredObject) -> str | None:
    try:
        _check(backup, entry)
    except (IntegrityError, StorageError) as error:
        if not error.permanent:
            raise
        return str(error)
    return None


def _check(backup: OpenBackup, entry: StoredObject) -> None:
    plain, size, lines, stored = hashlib.sha256(), 0, 0, StoredDigest()
    counts_lines = isinstance(entry, RowsPart | KeySet)
    with backup.store.open(backup.object_path(entry.name)) as source:
        for frame in read_plain(source, key=backup.key, name=entry.name, digest=stored):
            plain.update(frame)
            size += len(frame)
            lines += frame.count(b"\n") if counts_lines else 0
    if (stored.size, stored.sha256) != (entry.stored_bytes, entry.stored_sha256):
        raise IntegrityError(f"{entry.name}: the object is not the one that the manifest names (its digest differs)")
    if (size, plain.hexdigest()) != (entry.plain_bytes, entry.plain_sha256):
        raise IntegrityError(f"{entry.name}: the content is not what the manifest says (its digest differs)")
    if isinstance(entry, RowsPart | KeySet) and lines != entry.rows:
        raise IntegrityError(f"{entry.name}: {lines} rows were read where the manifest says {entry.rows}")
