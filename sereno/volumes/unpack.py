"""An archive as a directory again: owners, rights, times, links; only ever into folders that it made itself.

Each place is made in the folder that was opened when it was made, by its last name alone. So neither a path with `..`,
nor an absolute one, nor a link that the archive brings leads outside. A folder gets its rights, owner and time when
everything in it is there; until then it is for its owner alone.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from sereno.errors import IntegrityError, StorageError
from sereno.volumes.headers import ENCODING, ERRORS, modified_ns, owner
from sereno.volumes.members import members
from sereno.volumes.walk import ROOT, shown

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_HOLE_BYTES = 65_536
_OWN_IDENTITY_BITS = 0o6000  # set-user-id and set-group-id


@dataclass
class Unpacked:
    """What came out of an archive; a file counts once for each of its names.

    `others_owners` counts places that belong to this process's user instead.
    """

    files: int = 0
    bytes: int = 0
    others_owners: int = 0


def unpack(archive: Iterator[bytes], root: Path, *, unpacked: Callable[[int], object]) -> Unpacked:
    """Make the directory `root`, which must not be there, of an archive.

    Args:
        archive: its bytes.
        root: the new directory; its parent is there.
        unpacked: told of bytes of files.

    Raises:
        IntegrityError: the archive is not one that was packed here, or its bytes are not authentic.
        StorageError: the directory cannot be written.
    """
    with _explained(root):
        root.mkdir(mode=0o700)
        top = os.open(root, _FOLDER)
    unpacker = _Unpacker(top, unpacked)
    try:
        for info, content in members(archive):
            with _explained(root):
                unpacker.take(info, content)
        with _explained(root):
            unpacker.leave(down_to=0)
    finally:
        unpacker.close()
    return unpacker.done


@dataclass(frozen=True)
class _Folder:
    path: bytes
    descriptor: int
    info: tarfile.TarInfo


class _Unpacker:
    def __init__(self, root: int, unpacked: Callable[[int], object]) -> None:
        self.done = Unpacked()
        self._root = root
        self._unpacked = unpacked
        self._inside: list[_Folder] = []
        self._begun = False

    def take(self, info: tarfile.TarInfo, content: Iterator[bytes]) -> None:
        path = info.name.encode(ENCODING, ERRORS)
        if not self._begun:
            if path != ROOT or not info.isdir():
                raise IntegrityError("the archive does not begin with its folder")
            self._begun = True
            self._inside.append(_Folder(b"", os.dup(self._root), info))
            return
        before, _, name = path.rpartition(b"/")
        _require_names(path)
        while self._inside and self._inside[-1].path != before:
            self.leave(down_to=len(self._inside) - 1)
        if not self._inside:
            raise IntegrityError(f"the archive holds {shown(path)} without its folder before it")
        self._make(info, content, path, name, self._inside[-1].descriptor)

    def leave(self, *, down_to: int) -> None:
        """Finish the innermost folders until only `down_to` are open."""
        while len(self._inside) > down_to:
            folder = self._inside.pop()
            try:
                self._dress(folder.descriptor, folder.info)
            finally:
                os.close(folder.descriptor)

    def close(self) -> None:
        for folder in self._inside:
            os.close(folder.descriptor)
        os.close(self._root)

    def _make(self, info: tarfile.TarInfo, content: Iterator[bytes], path: bytes, name: bytes, folder: int) -> None:
        target = info.linkname.encode(ENCODING, ERRORS)
        if info.isdir():
            os.mkdir(name, 0o700, dir_fd=folder)
            self._inside.append(_Folder(path, os.open(name, _FOLDER, dir_fd=folder), info))
        elif info.isreg():
            self._make_file(info, content, os.open(name, _NEW_FILE, 0o600, dir_fd=folder))
        elif info.issym():
            os.symlink(target, name, dir_fd=folder)
            self._own(lambda user, group: os.chown(name, user, group, dir_fd=folder, follow_symlinks=False), info)
            os.utime(name, ns=(modified_ns(info),) * 2, dir_fd=folder, follow_symlinks=False)
        elif info.islnk():
            self._make_hard_link(target, name, folder)
            self.done.files += 1
        else:
            raise IntegrityError(f"the archive holds {shown(path)}, which is no file, folder or link")

    def _make_file(self, info: tarfile.TarInfo, content: Iterator[bytes], descriptor: int) -> None:
        with os.fdopen(descriptor, "wb", buffering=0) as file:
            for data in content:
                for at in range(0, len(data), _HOLE_BYTES):
                    piece = data[at : at + _HOLE_BYTES]
                    if piece.count(0) == len(piece):
                        file.seek(len(piece), os.SEEK_CUR)
                    else:
                        _write(descriptor, piece)
                self._unpacked(len(data))
            os.ftruncate(descriptor, info.size)
            self._dress(descriptor, info)
        self.done.files += 1
        self.done.bytes += info.size

    def _make_hard_link(self, target: bytes, name: bytes, folder: int) -> None:
        """Another name for a file that came out of this archive; no link on the way to it is followed."""
        _require_names(target)
        *folders, last = target.split(b"/")
        here = os.dup(self._root)
        try:
            for part in folders:
                inner = os.open(part, _FOLDER, dir_fd=here)
                os.close(here)
                here = inner
            os.link(last, name, src_dir_fd=here, dst_dir_fd=folder, follow_symlinks=False)
        finally:
            os.close(here)

    def _dress(self, descriptor: int, info: tarfile.TarInfo) -> None:
        """Owner first, as giving a file away takes its set-user-id bit; without the owner nobody gets that bit."""
        owned = self._own(lambda user, group: os.fchown(descriptor, user, group), info)
        os.fchmod(descriptor, info.mode & (0o7777 if owned else 0o7777 & ~_OWN_IDENTITY_BITS))
        os.utime(descriptor, ns=(modified_ns(info),) * 2)

    def _own(self, change: Callable[[int, int], None], info: tarfile.TarInfo) -> bool:
        user, group = owner(info)
        if (user, group) == (os.geteuid(), os.getegid()):
            with suppress(PermissionError):  # a folder with its set-group-id bit has given it another group
                change(user, group)
            return True
        try:
            change(user, group)
        except PermissionError:
            self.done.others_owners += 1
            return False
        return True


def _require_names(path: bytes) -> None:
    if any(part in (b"", b".", b"..") or b"\0" in part for part in path.split(b"/")):
        raise IntegrityError(f"the archive holds the path {shown(path)}, which leads elsewhere")


def _write(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@contextmanager
def _explained(root: Path) -> Iterator[None]:
    try:
        yield
    except FileExistsError as error:
        raise IntegrityError(f"something is in the way of what is unpacked to {root}: {error.strerror}") from None
    except OSError as error:
        raise StorageError(f"{root} cannot be written: {error.strerror}") from None
