"""Is a directory what an archive holds? Asked of each place: kind, rights, owner, time, and SHA-256 of the content."""

from __future__ import annotations

import hashlib
import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from pathlib import Path

from sereno.volumes.headers import ENCODING, ERRORS, modified_ns, owner
from sereno.volumes.members import members
from sereno.volumes.walk import shown

_READ_BYTES = 1024 * 1024
_KINDS = {stat.S_IFREG: "a file", stat.S_IFDIR: "a folder", stat.S_IFLNK: "a link"}


def differences(
    archive: Iterator[bytes], root: Path, *, owners: bool, compared: Callable[[int], object]
) -> Iterator[str]:
    """What of the archive is otherwise in the directory `root`, one sentence each.

    Args:
        archive: its bytes.
        root: the directory; nobody else changes it meanwhile.
        owners: whether owners count, and the rights that only the right owner may have.
        compared: told of bytes of files.

    Raises:
        IntegrityError: the archive is not one that was packed here, or its bytes are not authentic.
    """
    for info, content in members(archive):
        path = info.name.encode(ENCODING, ERRORS)
        digest = hashlib.sha256()
        for data in content:
            digest.update(data)
            compared(len(data))
        try:
            problem = _difference(info, os.path.join(os.fsencode(root), path), digest.digest(), root, owners=owners)
        except OSError as error:
            problem = error.strerror or "cannot be read"
        if problem:
            yield f"{shown(path)}: {problem}"


def _difference(info: tarfile.TarInfo, path: bytes, digest: bytes, root: Path, *, owners: bool) -> str:
    status = os.lstat(path)
    kind = _KINDS.get(stat.S_IFMT(status.st_mode), "something else")
    if info.islnk():
        first = os.lstat(os.path.join(os.fsencode(root), info.linkname.encode(ENCODING, ERRORS)))
        return (
            "" if (first.st_dev, first.st_ino) == (status.st_dev, status.st_ino) else "no other name of the same file"
        )
    expected = "a folder" if info.isdir() else "a link" if info.issym() else "a file"
    if kind != expected:
        return f"{kind} where {expected} was backed up"
    if info.issym() and os.readlink(path) != info.linkname.encode(ENCODING, ERRORS):
        return "the link leads elsewhere"
    if info.isreg() and (status.st_size != info.size or _digest(path) != digest):
        return "the content differs"
    if owners and (status.st_uid, status.st_gid) != owner(info):
        return "it belongs to somebody else"
    rights = 0o7777 if owners else 0o1777
    if not info.issym() and (status.st_mode ^ info.mode) & rights:
        return f"its rights are {stat.S_IMODE(status.st_mode):o} instead of {info.mode:o}"
    return "" if status.st_mtime_ns == modified_ns(info) else "its time differs"


def _digest(path: bytes) -> bytes:
    digest = hashlib.sha256()
    with open(path, "rb", buffering=0) as file:
        while data := file.read(_READ_BYTES):
            digest.update(data)
    return digest.digest()
