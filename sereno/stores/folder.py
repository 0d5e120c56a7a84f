"""A store that is a folder: temporary name, fsync, final name, fsync of the folder."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from sereno.errors import StorageError
from sereno.stores.names import name_parts
from sereno.stores.protocol import Sink, Source, StoredFile, StoreState

_UNFINISHED = ".unfinished"
_NO_HARD_LINKS = {errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS}
_TRYING = "trying it out"
_PROBE = b"written by a probe of Sereno; it may be deleted\n"


@dataclass(frozen=True)
class FolderStore:
    """A folder that exists already: a store that creates its own root would fill the disk below a missing mount."""

    name: str
    root: Path

    @contextmanager
    def create(self, name: str) -> Iterator[Sink]:
        """Write a new object; see `Store.create`."""
        path = self._path(name)
        with self.explained(f"writing {name}"):
            self._require_root()
            self._make_folder(path.parent)
            if path.exists():
                raise FileExistsError(errno.EEXIST, "exists")
        with self._unfinished(path, f"writing {name}") as (file, unfinished):
            yield _Explained(file, self, f"writing {name}")
            with self.explained(f"writing {name}"):
                os.fsync(file.fileno())
                _name_unless_taken(unfinished, path)
                _sync_folder(path.parent)

    def replace(self, name: str, data: bytes) -> None:
        """Replace a small object; see `Store.replace`."""
        path = self._path(name)
        with self.explained(f"replacing {name}"):
            path.stat()
        with self._unfinished(path, f"replacing {name}") as (file, unfinished):
            _Explained(file, self, f"replacing {name}").write(data)
            with self.explained(f"replacing {name}"):
                os.fsync(file.fileno())
                os.rename(unfinished, path)
                _sync_folder(path.parent)

    @contextmanager
    def open(self, name: str) -> Iterator[Source]:
        """Read an object; see `Store.open`."""
        with self.explained(f"reading {name}"):
            file = self._path(name).open("rb")
        with file:
            yield _Explained(file, self, f"reading {name}")

    def read(self, name: str, *, at_most: int) -> bytes:
        """A whole small object; see `Store.read`."""
        with self.open(name) as source:
            data = source.read(at_most + 1)
        if len(data) > at_most:
            raise StorageError(f"store {self.name}: {name} is larger than the {at_most} bytes that it may have")
        return data

    def size(self, name: str) -> int:
        """The object's size in bytes."""
        with self.explained(f"looking at {name}"):
            return self._path(name).stat().st_size

    def exists(self, name: str) -> bool:
        """Whether the object is there."""
        with self.explained(f"looking for {name}"):
            return self._path(name).is_file()

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """Every complete object below `prefix`; see `Store.files`."""
        with self.explained(f"listing {prefix}"):
            self._require_root()
            paths = [path for path in self._path(prefix).rglob("*") if not _is_unfinished(path) and path.is_file()]
            for name, path in sorted((path.relative_to(self.root).as_posix(), path) for path in paths):
                try:
                    status = path.stat()
                except FileNotFoundError:
                    continue  # deleted since it was listed
                modified = datetime.fromtimestamp(status.st_mtime, UTC)
                yield StoredFile(name=name, bytes=status.st_size, modified=modified)

    def folders(self, prefix: str, *, holding: Collection[str] = ()) -> Iterator[str]:
        """The names of the folders right below `prefix`, sorted; see `Store.folders`."""
        with self.explained(f"listing {prefix}"):
            self._require_root()
            folder = self._path(prefix)
            if folder.is_dir():
                found = (entry for entry in folder.iterdir() if entry.is_dir())
                yield from sorted(
                    each.name for each in found if not holding or any((each / name).is_file() for name in holding)
                )

    def delete_folder(self, prefix: str, *, first: str | None = None) -> int:
        """Delete everything below `prefix`; see `Store.delete_folder`."""
        folder, before = self._path(prefix), self._path(f"{prefix}/{first}") if first else None
        with self.explained(f"deleting {prefix}"):
            self._require_root()
            if not folder.is_dir():
                return 0
            count = sum(1 for path in folder.rglob("*") if path.is_file())
            if before and before.exists():
                before.unlink()
                _sync_folder(before.parent)
            shutil.rmtree(folder)
            _sync_folder(folder.parent)
            return count

    def probe(self) -> StoreState:
        """Write, read and delete a tiny file; see `Store.probe`."""
        with self.explained(_TRYING):
            self._require_root()
        with self._unfinished(self.root / "probe", _TRYING) as (file, unfinished):
            _Explained(file, self, _TRYING).write(_PROBE)
            with self.explained(_TRYING):
                os.fsync(file.fileno())
                if unfinished.read_bytes() != _PROBE:
                    raise OSError(errno.EIO, "what was written is not what is read")
                return StoreState(place=str(self.root), free_bytes=shutil.disk_usage(self.root).free)

    @contextmanager
    def _unfinished(self, path: Path, doing: str) -> Iterator[tuple[BinaryIO, Path]]:
        """A new file beside `path`, and where it is; it is gone at the end unless it was given another name."""
        with self.explained(doing):
            descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield file, Path(name)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(name)

    def _make_folder(self, folder: Path) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for parent in folder.relative_to(self.root).parents:
                _sync_folder(self.root / parent)

    def _path(self, name: str) -> Path:
        return self.root.joinpath(*name_parts(name, store=self.name))

    def _require_root(self) -> None:
        if not self.root.is_dir():
            raise StorageError(
                f"store {self.name}: the folder {self.root} does not exist; create it, or mount what belongs there"
            )

    @contextmanager
    def explained(self, doing: str) -> Iterator[None]:
        """Turn the operating system's errors into one sentence that says what was being done, and where."""
        try:
            yield
        except OSError as error:
            raise StorageError(f"store {self.name} ({self.root}): {doing} failed: {_reason(error)}") from error


class _Explained:
    """A file whose own errors are explained, and only those: what the block around it raises passes untouched."""

    def __init__(self, file: BinaryIO, store: FolderStore, doing: str) -> None:
        self._file = file
        self._store = store
        self._doing = doing

    def write(self, data: bytes) -> None:
        with self._store.explained(self._doing):
            view = memoryview(data)
            while view:  # an unbuffered file may take only a part
                view = view[self._file.write(view) :]

    def read(self, size: int) -> bytes:
        with self._store.explained(self._doing):
            return self._file.read(size)


def _reason(error: OSError) -> str:
    advice = {
        errno.ENOSPC: "the disk is full; free some space and run the job again",
        errno.EDQUOT: "the disk quota is used up; free some space and run the job again",
        errno.EROFS: "the file system is read-only",
        errno.EACCES: "permission denied; the user that runs Sereno has to own the folder",
        errno.ENOENT: "it is not there",
        errno.EEXIST: "it exists already, and objects are never overwritten",
    }
    return advice.get(error.errno or 0) or error.strerror or type(error).__name__


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") and path.name.endswith(_UNFINISHED)


def _name_unless_taken(unfinished: Path, path: Path) -> None:
    """Give the file its name by a link, since a rename would overwrite what has that name by now."""
    try:
        os.link(unfinished, path)
    except OSError as error:
        if error.errno not in _NO_HARD_LINKS:
            raise
        os.rename(unfinished, path)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
