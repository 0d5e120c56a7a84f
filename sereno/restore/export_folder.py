"""The folder of an export: for its owner alone, each file whole or not at all, and nothing left of one that failed."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from isal import igzip

from sereno.backup.objects import COMPRESSION_LEVEL
from sereno.errors import ConfigurationError, RefusedError, StorageError
from sereno.reports.model import ReportFile
from sereno.stores import Sink

_UNFINISHED = ".part"
_MEMBER_BYTES = 1024 * 1024


def require_place(path: Path) -> None:
    """See that an export can go to `path`: it is empty or not there yet.

    Raises:
        ConfigurationError: it is no folder, or there is none that it could lie in.
        RefusedError: something is in it.
    """
    with explained(path):
        if not os.path.lexists(path):
            if not path.absolute().parent.is_dir():
                raise ConfigurationError(f"{path} cannot be made: {path.absolute().parent} is no folder")
        elif not path.is_dir():
            raise ConfigurationError(f"{path} is no folder; name one that is empty or not there yet")
        elif any(path.iterdir()):
            raise RefusedError(f"the folder {path} is not empty; name one that is empty or not there yet")


class ExportFolder:
    """Takes the files of one export."""

    def __init__(self, path: Path) -> None:
        """Write below `path`, which is there."""
        self._path = path
        self._files: list[ReportFile] = []

    @property
    def files(self) -> tuple[ReportFile, ...]:
        """The files that are whole, in the order in which they were written."""
        return tuple(self._files)

    @contextmanager
    def packed(self, name: str) -> Iterator[Sink]:
        """Write the file `name` as gzip; it gets its name when the block ends.

        Raises:
            StorageError: the file cannot be written.
        """
        with self._written(name) as file:
            sink = _Packed(file)
            yield sink
            sink.close()

    def write_text(self, name: str, text: str) -> None:
        """Write a small file as it is; raises as `packed` does."""
        with self._written(name) as file:
            file.write(text.encode())

    @contextmanager
    def _written(self, name: str) -> Iterator[_Hashed]:
        path = self._path / name
        unfinished = path.with_name(path.name + _UNFINISHED)
        with explained(path):
            path.parent.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                hashed = _Hashed(file)
                yield hashed
                file.flush()
                os.fsync(file.fileno())
            unfinished.rename(path)
        self._files.append(ReportFile(name=name, path=str(path), sha256=hashed.sha256, bytes=hashed.size))


class _Hashed:
    """A file that knows the size and the SHA-256 of what went into it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)


class _Packed:
    """Packs what it takes, a MiB or more at a time, each into a gzip member of its own."""

    def __init__(self, file: _Hashed) -> None:
        self._file = file
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= _MEMBER_BYTES:
            self._pack()

    def close(self) -> None:
        if self._pending or not self._file.size:
            self._pack()

    def _pack(self) -> None:
        self._file.write(igzip.compress(self._pending, COMPRESSION_LEVEL, mtime=0))
        self._pending.clear()


@contextmanager
def export_folder(path: Path) -> Iterator[ExportFolder]:
    """A folder for its owner alone; when the block fails, nothing of it stays, as what is in it is in clear.

    Raises:
        ConfigurationError, RefusedError: see `require_place`.
        StorageError: the folder cannot be made.
    """
    require_place(path)
    with explained(path):
        made = not path.exists()
        path.mkdir(mode=0o700, exist_ok=True)
        path.chmod(0o700)
    try:
        yield ExportFolder(path)
    except BaseException:
        with suppress(OSError):
            _empty(path)
            if made:
                path.rmdir()
        raise


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn the operating system's errors into one sentence."""
    try:
        yield
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or type(error).__name__}") from error


def _empty(path: Path) -> None:
    for inside in path.iterdir():
        if inside.is_dir():
            shutil.rmtree(inside)
        else:
            inside.unlink()
