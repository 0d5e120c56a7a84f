"""What an archive says of one place, in both directions: a PAX header of tar, with times to the nanosecond."""

from __future__ import annotations

import grp
import os
import pwd
import stat
import tarfile
from decimal import Decimal, InvalidOperation
from functools import cache

from sereno.errors import IntegrityError

BLOCK_BYTES = tarfile.BLOCKSIZE
END = bytes(2 * BLOCK_BYTES)
ENCODING, ERRORS = "utf-8", "surrogateescape"
_NANOSECONDS = 10**9
_TYPES = {stat.S_IFREG: tarfile.REGTYPE, stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE}


def header(path: bytes, status: os.stat_result, *, target: bytes = b"", first: bytes = b"") -> bytes:
    """The blocks that come before the content of a place.

    Args:
        path: where it lies in the archive.
        status: what it is.
        target: where a symbolic link leads.
        first: the path under which the same file is in the archive already.
    """
    info = tarfile.TarInfo(path.decode(ENCODING, ERRORS))
    info.mode = stat.S_IMODE(status.st_mode)
    info.uid, info.gid = status.st_uid, status.st_gid
    info.uname, info.gname = _user_name(status.st_uid), _group_name(status.st_gid)
    info.type = tarfile.LNKTYPE if first else _TYPES[stat.S_IFMT(status.st_mode)]
    info.linkname = (first or target).decode(ENCODING, ERRORS)
    info.size = status.st_size if info.type == tarfile.REGTYPE else 0
    info.mtime, fraction = divmod(status.st_mtime_ns, _NANOSECONDS)
    if fraction:
        info.pax_headers = {"mtime": f"{Decimal(status.st_mtime_ns).scaleb(-9):f}"}
    return info.tobuf(tarfile.PAX_FORMAT, ENCODING, ERRORS)


def padding(size: int) -> bytes:
    """What fills the last block of a content of `size` bytes."""
    return bytes(-size % BLOCK_BYTES)


def modified_ns(info: tarfile.TarInfo) -> int:
    """When a place was modified, in nanoseconds since 1970.

    Raises:
        IntegrityError: the header says no time.
    """
    try:
        return int(Decimal(info.pax_headers.get("mtime", info.mtime)) * _NANOSECONDS)
    except (InvalidOperation, ValueError, OverflowError):
        raise IntegrityError("the archive holds a time that is none") from None


def owner(info: tarfile.TarInfo) -> tuple[int, int]:
    """User and group: by name where this machine knows the name, else by number."""
    return _user_id(info.uname, info.uid), _group_id(info.gname, info.gid)


@cache
def _user_name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return ""


@cache
def _group_name(gid: int) -> str:
    try:
        return grp.getgrgid(gid).gr_name
    except KeyError:
        return ""


@cache
def _user_id(name: str, uid: int) -> int:
    try:
        return pwd.getpwnam(name).pw_uid if name else uid
    except KeyError:
        return uid


@cache
def _group_id(name: str, gid: int) -> int:
    try:
        return grp.getgrnam(name).gr_gid if name else gid
    except KeyError:
        return gid
