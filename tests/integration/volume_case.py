"""For the tests of volumes: a directory with everything that is awkward, and looking at directories."""

from __future__ import annotations

import hashlib
import os
import socket
import stat
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sereno.systems.model import System
from sereno.volumes.compare import differences
from sereno.volumes.pack import Packed, pack
from sereno.volumes.unpack import Unpacked, unpack

NOBODY = 65_534
OLD_NS = 1_111_111_111_123_456_789


def awkward_directory(root: Path) -> Path:
    """Make `root`: odd names, links of both kinds, rights, times, a sparse file, empty folders."""
    (root / "empty" / "inner").mkdir(parents=True)
    (root / "deep" / "/".join(["folder"] * 40)).mkdir(parents=True)
    (root / "deep" / "/".join(["folder"] * 40) / "leaf").write_bytes(b"leaf")
    (root / "empty file").touch()
    (root / "large").write_bytes(os.urandom(1024) * 2500)
    (root / ("long name " * 25).strip()).write_bytes(b"long")
    (root / "new\nline\tand 'quote\"").write_bytes(b"odd")
    (root / "naïve ✓").write_bytes("ünï".encode())
    (Path(os.fsdecode(os.fsencode(root) + b"/not \xff utf-8"))).write_bytes(b"\xff")
    (root / "-rf").write_bytes(b"a name like an option")
    (root / "program").write_bytes(b"#!/bin/sh\n")
    (root / "program").chmod(0o4755)
    (root / "shared").mkdir()
    (root / "shared").chmod(0o2770)
    (root / "shared" / "inside").write_bytes(b"inside")
    (root / "sticky").mkdir()
    (root / "sticky").chmod(0o1777)
    (root / "closed").mkdir()
    (root / "closed" / "file").write_bytes(b"read only")
    (root / "closed" / "file").chmod(0o400)
    (root / "closed").chmod(0o500)
    (root / "a link").symlink_to("large")
    (root / "a broken link").symlink_to("/nowhere/at/all")
    (root / "a link out").symlink_to("/etc")
    os.link(root / "large", root / "empty" / "also large")
    os.link(root / "a link", root / "the same link", follow_symlinks=False)
    with (root / "sparse").open("wb") as file:
        file.truncate(10_000_000)
        file.seek(5_000_000)
        file.write(b"island")
    for path in (root / "large", root / "a link", root / "empty"):
        os.utime(path, ns=(OLD_NS, OLD_NS), follow_symlinks=False)
    os.utime(root / "-rf", ns=(-1_500_000_000, -1_500_000_000))
    if os.geteuid() == 0:
        os.chown(root / "naïve ✓", NOBODY, NOBODY)
        os.chown(root / "shared", 0, NOBODY)
        (root / "shared").chmod(0o2770)
        os.chown(root / "a broken link", 12_345, 54_321, follow_symlinks=False)
    return root


def described(root: Path) -> dict[str, tuple[object, ...]]:
    """Everything that is to come back, by path."""
    found: dict[str, tuple[object, ...]] = {}
    first: dict[tuple[int, int], str] = {}
    for folder, folders, files in os.walk(root):
        folders.sort()
        for name in (".", *sorted(folders + files)):
            path = Path(folder) / name
            status = path.lstat()
            key = str(path.relative_to(root))
            content = hashlib.sha256(path.read_bytes()).hexdigest() if stat.S_ISREG(status.st_mode) else ""
            content = os.readlink(path) if path.is_symlink() else content
            same = first.setdefault((status.st_dev, status.st_ino), key) if stat.S_ISREG(status.st_mode) else key
            found[key] = (oct(status.st_mode), status.st_uid, status.st_gid, status.st_mtime_ns, same, content)
    return found


def packed(root: Path, exclude: Sequence[str] = ()) -> tuple[bytes, Packed]:
    """A directory as an archive."""
    archive = bytearray()
    done = pack(root, exclude, archive.extend, packed=lambda _: None)
    return bytes(archive), done


def blocks(archive: bytes) -> Iterator[bytes]:
    """An archive in pieces of a size that fits nothing."""
    return (archive[at : at + 99_991] for at in range(0, len(archive), 99_991))


def unpacked(archive: bytes, root: Path) -> Unpacked:
    """An archive as a directory."""
    return unpack(blocks(archive), root, unpacked=lambda _: None)


def different(archive: bytes, root: Path, *, owners: bool = True) -> list[str]:
    """What of an archive is otherwise in a directory."""
    return list(differences(blocks(archive), root, owners=owners, compared=lambda _: None))


@contextmanager
def socket_at(path: Path) -> Iterator[None]:
    """A socket in a directory; its path may be long."""
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path.parent)
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)
        yield


@contextmanager
def folder_for_all() -> Iterator[Path]:
    """A folder that every user may look into and write to, as those of pytest are not."""
    with tempfile.TemporaryDirectory(prefix="sereno-test-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


def keeping_time(path: Path, change: Callable[[Path], object]) -> None:
    """Change something at `path` that keeps its time."""
    at = path.stat().st_mtime_ns
    change(path)
    os.utime(path, ns=(at, at))


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the powers of root, where the tests have them."""
    if os.geteuid() != 0:
        yield
        return
    groups = os.getgroups()
    os.setgroups([])
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)
        os.setgroups(groups)


def with_volumes(system: System, *volumes: dict[str, Any], **sections: Any) -> System:
    """The system with these volumes, and with other sections laid over its own."""
    return System.model_validate({**system.model_dump(), "volumes": volumes, **sections})
