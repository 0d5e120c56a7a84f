"""A store that is a folder: temporary name, fsync, rename, fsync of the folder."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from sereno.errors import StorageError
from sereno.stores.protocol import Sink, Source

_UNFINISHED = ".unfinished"


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
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if path.exists():
                raise FileExistsError(errno.EEXIST, "exists")
            descriptor, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=_UNFINISHED)
        try:
            with os.fdopen(descriptor, "wb", buffering=0) as file:
                yield _Explained(file, self, f"writing {name}")
                with self.explained(f"writing {name}"):
                    os.fsync(file.fileno())
            with self.explained(f"writing {name}"):
                os.rename(unfinished, path)
                _sync_folder(path.parent)
        finally:
            with suppress(FileNotFoundError):
                os.unlink(unfinished)

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

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders right below `prefix`, sorted."""
        with self.explained(f"listing {prefix}"):
            self._require_root()
            folder = self._path(prefix)
            if folder.is_dir():
                yield from sorted(entry.name for entry in folder.iterdir() if entry.is_dir())

    def delete_folder(self, prefix: str) -> int:
        """Delete everything below `prefix`."""
        with self.explained(f"deleting {prefix}"):
            folder = self._path(prefix)
            count = sum(1 for path in folder.rglob("*") if path.is_file())
            shutil.rmtree(folder)
            return count

    def _path(self, name: str) -> Path:
        parts = PurePosixPath(name).parts
        if not parts or name.startswith("/") or any(part in {"..", "."} or "\0" in part for part in parts):
            raise StorageError(f"store {self.name}: {name!r} is no name of an object")
        return self.root.joinpath(*parts)

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


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
