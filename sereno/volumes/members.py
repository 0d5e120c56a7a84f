"""Reading an archive from a stream, one member after the other, whatever its size."""

from __future__ import annotations

import tarfile
from collections.abc import Iterator
from typing import IO, Any, cast

from sereno.errors import IntegrityError
from sereno.volumes.headers import ENCODING, ERRORS

_READ_BYTES = 1024 * 1024


def members(archive: Iterator[bytes]) -> Iterator[tuple[tarfile.TarInfo, Iterator[bytes]]]:
    """Each member of an archive with its content, which has to be taken before the next member is asked for.

    The stream is read to its end, so that whoever authenticates it there has done so when the last member is through.

    Raises:
        IntegrityError: it is no archive.
    """
    stream = cast("IO[bytes]", _Stream(archive))
    try:
        with tarfile.open(fileobj=stream, mode="r|", encoding=ENCODING, errors=ERRORS) as tar:
            while (info := tar.next()) is not None:
                yield info, _content(tar, info)
                tar.members = []  # type: ignore[attr-defined]  # or it would remember them all
    except tarfile.TarError as error:
        raise IntegrityError(f"the archive cannot be read: {error}") from None
    for _ in archive:
        pass


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Iterator[bytes]:
    left = info.size if info.isreg() else 0
    file = tar.extractfile(info) if left else None
    while file and left:
        try:
            data = file.read(min(_READ_BYTES, left))
        except tarfile.TarError:
            data = b""
        if not data:
            raise IntegrityError("the archive ends in the middle of a file")
        left -= len(data)
        yield data


class _Stream:
    """What `tarfile` reads from."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks = blocks
        self._rest = memoryview(b"")

    def read(self, size: int) -> Any:
        parts = []
        while size and (self._rest or self._next()):
            part, self._rest = self._rest[:size], self._rest[size:]
            parts.append(part)
            size -= len(part)
        return b"".join(parts)

    def _next(self) -> bool:
        for block in self._blocks:
            if block:
                self._rest = memoryview(block)
                return True
        return False
