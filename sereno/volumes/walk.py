"""Walking a directory in an order that depends on its content alone, through descriptors and never through links.

Whoever may write to a directory could exchange one of its folders for a link while it is walked. As every name is
looked up in the folder that holds it, nothing outside the directory is ever read.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from sereno.errors import ConfigurationError, ContractError, StorageError
from sereno.reports.presentation import legible

ROOT = b"."
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_GONE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})
"""What opening says of a place that is not any more what it was: nothing, a link or a socket is there now."""


@dataclass(frozen=True)
class Place:
    """Something in a directory: its path there, the descriptor of the folder that holds it, and its name in it."""

    path: bytes
    folder: int
    name: bytes
    status: os.stat_result

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_file(self) -> bool:
        """Whether it is a regular file."""
        return stat.S_ISREG(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)


def shown(path: bytes) -> str:
    """A path for people: bytes that are no UTF-8 and characters that draw nothing as escapes, at most 200 of them."""
    text = legible(path.decode("utf-8", "backslashreplace")).replace("\n", "\\n")
    return text if len(text) <= 200 else f"{text[:199]}…"


def exclusion(patterns: Sequence[str]) -> Callable[[bytes], bool]:
    """Whether a path is left out: a pattern fits its last parts, or, when it begins with a slash, all of them."""

    def excluded(path: bytes) -> bool:
        whole = PurePosixPath("/", path.decode("utf-8", "surrogateescape"))
        return any(whole.match(pattern) for pattern in patterns)

    return excluded


@contextmanager
def opened(root: Path) -> Iterator[int]:
    """The descriptor of a directory; `root` itself may be a link to it.

    Raises:
        ConfigurationError: there is no directory.
        ContractError: this process may not read it.
    """
    try:
        descriptor = os.open(root, _FOLDER & ~os.O_NOFOLLOW)
    except PermissionError:
        raise ContractError(f"this process may not read the directory {root}; give it the right") from None
    except OSError as error:
        raise ConfigurationError(f"{root} is no directory that can be read: {error.strerror}") from None
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def walk(root: int, *, excluded: Callable[[bytes], bool], gone: Callable[[bytes], object]) -> Iterator[Place]:
    """Everything in the directory with the descriptor `root`: a folder before what is in it, names by their bytes.

    Memory is bound by the names in the folders on the way to one place. The descriptor of a place is open only until
    the next one is asked for.

    Args:
        root: the directory; it comes first, as `.`.
        excluded: says of a path whether it is left out, with all that is in it.
        gone: told of what was there and is not any more, or is a folder no longer.

    Raises:
        ContractError: a folder may not be read.
        StorageError: it cannot be.
    """
    yield Place(ROOT, root, ROOT, os.fstat(root))
    waiting = [(os.dup(root), b"", _names(root, ROOT))]
    try:
        while waiting:
            folder, before, names = waiting[-1]
            if not names:
                os.close(waiting.pop()[0])
                continue
            name = names.pop()
            path = before + name
            if excluded(path):
                continue
            try:
                with explained(path):
                    place = Place(path, folder, name, os.lstat(name, dir_fd=folder))
                    inside = os.open(name, _FOLDER, dir_fd=folder) if place.is_folder else None
            except FileNotFoundError:
                gone(path)
                continue
            if inside is not None:
                waiting.append((inside, path + b"/", _names(inside, path)))
            yield place
    finally:
        for folder, _, _ in waiting:
            os.close(folder)


@contextmanager
def explained(path: bytes) -> Iterator[None]:
    """Turn the operating system's errors about a place into one sentence.

    Raises:
        FileNotFoundError: it is gone, or something else is there now.
        ContractError: this process may not read it.
        StorageError: it cannot be read.
    """
    try:
        yield
    except PermissionError:
        raise ContractError(f"this process may not read {shown(path)}; give it the right, or exclude it") from None
    except OSError as error:
        if error.errno in _GONE:
            raise FileNotFoundError(error.errno, error.strerror) from None
        raise StorageError(f"{shown(path)} cannot be read: {error.strerror}") from None


def _names(folder: int, path: bytes) -> list[bytes]:
    """The names in a folder, the last one first."""
    with explained(path):
        return sorted(map(os.fsencode, os.listdir(folder)), reverse=True)
