"""Reading a backup back from its store: every byte fetched, authenticated, decrypted, unpacked and counted."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from sereno.backup.manifest import KeySet, Manifest, RowsPart, StoredObject
from sereno.backup.objects import StoredDigest, read_plain
from sereno.backup.place import BackupPlace, OpenBackup
from sereno.backup.write import WrittenBackup
from sereno.errors import IntegrityError, StorageError
from sereno.progress import Progress, silent
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
    """Fetch a backup that was just written and prove that it can be read. Raises as `verify` does."""
    return verify(system, written.id, progress=progress)


def verify(system: System, identifier: str, *, progress: Progress = silent) -> ReadBack:
    """Read the whole backup `identifier` (or `latest`); one damaged object does not hide the others.

    Raises:
        IntegrityError: the manifest or the key file is not what was written.
        WrongPassphraseError: the passphrase does not open it.
        StoreUnavailableError: the store does not answer now.
        RefusedError: there is no such backup.
    """
    backup = BackupPlace.of(system).open(identifier)
    objects = backup.manifest.objects
    total, done, lock = backup.manifest.plain_bytes, 0, threading.Lock()

    def check(entry: StoredObject) -> str | None:
        nonlocal done
        problem = _problem(backup, entry)
        with lock:
            done += entry.plain_bytes
            progress(done=done, total=total, what=entry.name)
        return problem

    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="verify") as pool:
        problems = tuple(problem for problem in pool.map(check, objects) if problem)
    return ReadBack(manifest=backup.manifest, problems=problems)


def _problem(backup: OpenBackup, entry: StoredObject) -> str | None:
    try:
        _check(backup, entry)
    except (IntegrityError, StorageError) as error:
        if not error.permanent:
            raise
        return str(error)
    return None


def _check(backup: OpenBackup, entry: StoredObject) -> None:
    for _ in checked_frames(backup, entry):
        pass


def checked_frames(backup: OpenBackup, entry: StoredObject) -> Iterator[bytes]:
    """What an object holds; whoever has taken the last frame knows that it is what the manifest says.

    Raises:
        IntegrityError: it is not, which only the end may show.
    """
    plain, size, lines, stored = hashlib.sha256(), 0, 0, StoredDigest()
    counts_lines = isinstance(entry, RowsPart | KeySet)
    with backup.store.open(backup.object_path(entry.name)) as source:
        for frame in read_plain(source, key=backup.key, name=entry.name, digest=stored):
            plain.update(frame)
            size += len(frame)
            lines += frame.count(b"\n") if counts_lines else 0
            yield frame
    if (stored.size, stored.sha256) != (entry.stored_bytes, entry.stored_sha256):
        raise IntegrityError(f"{entry.name}: the object is not the one that the manifest names (its digest differs)")
    if (size, plain.hexdigest()) != (entry.plain_bytes, entry.plain_sha256):
        raise IntegrityError(f"{entry.name}: the content is not what the manifest says (its digest differs)")
    if isinstance(entry, RowsPart | KeySet) and lines != entry.rows:
        raise IntegrityError(f"{entry.name}: {lines} rows were read where the manifest says {entry.rows}")
