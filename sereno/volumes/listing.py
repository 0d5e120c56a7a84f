"""What a directory is like at one moment, without reading any content: is it as it was, and may all of it be read?"""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sereno.errors import ContractError
from sereno.volumes.walk import Place, exclusion, opened, shown, walk

SETTLED_SECONDS = 2.0
"""How long nothing may have changed, so that no later change can leave the same times: clocks tick in steps."""
_MOST_NAMED = 10


@dataclass(frozen=True)
class Listing:
    """`digest` is None when something changed so lately that a later change might leave the same digest."""

    digest: str | None
    places: int
    files: int
    bytes: int


class ListingDigest:
    """Adds up what a walk comes by; equal digests mean that nothing was written in between."""

    def __init__(self) -> None:
        """Begin now: what changed within the last two seconds, or is dated in the future, is not settled."""
        self._sha256 = hashlib.sha256()
        self._settled_ns = time.time_ns() - round(SETTLED_SECONDS * 10**9)
        self._settled = True
        self._places = self._files = self._bytes = 0

    def add(self, place: Place) -> None:
        """Take one place: its path, kind, rights, owner, size, times and inode."""
        status = place.status
        size = 0 if place.is_folder else status.st_size
        numbers = (status.st_mode, status.st_uid, status.st_gid, size, status.st_mtime_ns, status.st_ctime_ns)
        self._sha256.update(b"%d:%s" % (len(place.path), place.path))
        self._sha256.update(repr((*numbers, status.st_ino, status.st_nlink)).encode())
        self._settled = self._settled and status.st_ctime_ns < self._settled_ns
        self._places += 1
        self._files += place.is_file
        self._bytes += size if place.is_file else 0

    def unsettle(self) -> None:
        """Know that something changed."""
        self._settled = False

    def close(self) -> Listing:
        """All of it."""
        digest = self._sha256.hexdigest() if self._settled else None
        return Listing(digest=digest, places=self._places, files=self._files, bytes=self._bytes)


def list_directory(root: Path, exclude: Sequence[str], *, found: Callable[[Place], object] | None = None) -> Listing:
    """Look at everything in `root`, and read nothing of it.

    Args:
        root: the directory.
        exclude: patterns of what is left out.
        found: told of each place.

    Raises:
        ConfigurationError: there is no such directory.
        ContractError: this process may not read something in it; the message names what, and how much more there is.
    """
    digest, unreadable = ListingDigest(), _Unreadable()
    with opened(root) as descriptor:
        for place in walk(descriptor, excluded=exclusion(exclude), gone=lambda _: digest.unsettle()):
            digest.add(place)
            unreadable.look_at(place)
            if found:
                found(place)
    unreadable.refuse()
    return digest.close()


class _Unreadable:
    def __init__(self) -> None:
        self._named: list[str] = []
        self._count = 0

    def look_at(self, place: Place) -> None:
        # Nothing is asked about a link, whose own rights nobody looks at.
        if stat.S_ISREG(place.status.st_mode) and not _may_read(place):
            self._count += 1
            if len(self._named) < _MOST_NAMED:
                self._named.append(shown(place.path))

    def refuse(self) -> None:
        if self._count:
            more = f" and {self._count - len(self._named):,} more" if self._count > len(self._named) else ""
            raise ContractError(
                f"this process may not read {', '.join(self._named)}{more}; give it the right, or exclude them"
            )


def _may_read(place: Place) -> bool:
    effective = os.access in os.supports_effective_ids
    return os.access(place.name, os.R_OK, dir_fd=place.folder, effective_ids=effective)
