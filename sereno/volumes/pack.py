"""A directory as one archive: a PAX tar whose bytes depend on the directory's content alone."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sereno.volumes.headers import END, header, padding
from sereno.volumes.listing import Listing, ListingDigest
from sereno.volumes.walk import Place, exclusion, explained, opened, shown, walk

Receive = Callable[[bytes], object]
CHUNK_BYTES = 1024 * 1024
_MOST_NAMED = 10
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


@dataclass(frozen=True)
class Remark:
    """How many places something was found out about, and the first ten of them."""

    count: int = 0
    named: tuple[str, ...] = ()

    def and_of(self, path: bytes) -> Remark:
        """The same, and one more place."""
        named = (*self.named, shown(path)) if self.count < _MOST_NAMED else self.named
        return Remark(self.count + 1, named)

    def __str__(self) -> str:
        more = f" and {self.count - len(self.named):,} more" if self.count > len(self.named) else ""
        return ", ".join(self.named) + more


@dataclass(frozen=True)
class Packed:
    """What went into an archive, and what did not as it stood there.

    `changed` are files that were written to while they were read: what is archived of them is as many bytes as they
    had at first, with zeros where they became shorter. `gone` was there when its folder was listed; `skipped` are
    sockets, devices and pipes.
    """

    listing: Listing
    changed: Remark
    gone: Remark
    skipped: Remark


def pack(root: Path, exclude: Sequence[str], receive: Receive, *, packed: Callable[[int], object]) -> Packed:
    """Write the archive of `root`: folders before what is in them, names by their bytes; memory for one chunk.

    Args:
        root: the directory.
        exclude: patterns of what is left out.
        receive: takes the archive.
        packed: told of bytes of files.

    Raises:
        ConfigurationError: there is no such directory.
        ContractError: this process may not read something in it; the message says what.
        StorageError: something in it cannot be read.
    """
    packer = _Packer(receive, packed)
    with opened(root) as descriptor:
        for place in walk(descriptor, excluded=exclusion(exclude), gone=packer.note_gone):
            packer.take(place)
    receive(END)
    return packer.close()


class _Packer:
    def __init__(self, receive: Receive, packed: Callable[[int], object]) -> None:
        self._receive = receive
        self._packed = packed
        self._listing = ListingDigest()
        self._firsts: dict[tuple[int, ...], bytes] = {}
        self._changed = self._gone = self._skipped = Remark()

    def note_gone(self, path: bytes) -> None:
        self._gone = self._gone.and_of(path)

    def take(self, place: Place) -> None:
        try:
            with explained(place.path):
                self._take(place)
        except FileNotFoundError:
            self.note_gone(place.path)
        else:
            self._listing.add(place)

    def close(self) -> Packed:
        if self._changed.count or self._gone.count:
            self._listing.unsettle()
        return Packed(self._listing.close(), self._changed, self._gone, self._skipped)

    def _take(self, place: Place) -> None:
        if place.is_folder:
            self._receive(header(place.path, place.status))
        elif place.is_link:
            target = os.readlink(place.name, dir_fd=place.folder)
            self._receive(header(place.path, place.status, target=target))
        elif place.is_file:
            self._take_file(place)
        else:
            self._skipped = self._skipped.and_of(place.path)

    def _take_file(self, place: Place) -> None:
        if first := self._firsts.get(_state(place.status)):
            self._receive(header(place.path, place.status, first=first))
            return
        descriptor = os.open(place.name, _FILE, dir_fd=place.folder)
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            before = os.fstat(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise FileNotFoundError(errno.ENOENT, "replaced")
            self._receive(header(place.path, before))
            read = self._copy(file.read, before.st_size)
            after = os.fstat(descriptor)
        if read < before.st_size or _state(before) != _state(after):
            self._changed = self._changed.and_of(place.path)
        elif _state(before) != _state(place.status):
            self._listing.unsettle()  # changed before it was read: the content is right, the listing is not
        elif before.st_nlink > 1:
            self._firsts[_state(before)] = place.path

    def _copy(self, read: Callable[[int], bytes], size: int) -> int:
        """Copy `size` bytes; where there are fewer, zeros follow. How many there were."""
        left = size
        while left and (data := read(min(CHUNK_BYTES, left))):
            self._receive(data)
            self._packed(len(data))
            left -= len(data)
        there = size - left
        while left:
            zeros = bytes(min(CHUNK_BYTES, left))
            self._receive(zeros)
            left -= len(zeros)
        self._receive(padding(size))
        return there


def _state(status: os.stat_result) -> tuple[int, ...]:
    """What a file is known by: an inode whose file was deleted may be another file's already."""
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)
