"""Where a private server's files are, and as whom it runs: in its folder, else in rooms that its account enters."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from sereno.errors import ConfigurationError
from sereno.postgres.binaries import PostgresBinaries

LONGEST_SOCKET_PATH = 107
"""Bytes that a unix socket's path may have."""
_LONGEST_SOCKET_NAME = len("/.s.PGSQL.65535")
_PREFIX = "sereno-"


class Identity(TypedDict, total=False):
    """As whom a child process runs; the keyword arguments of `subprocess`."""

    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True)
class Account:
    """The unprivileged account of the servers that root starts."""

    user: int
    group: int

    @property
    def identity(self) -> Identity:
        """What makes a child process run as this account."""
        return Identity(user=self.user, group=self.group, extra_groups=[])

    def reaches(self, path: Path) -> bool:
        """Whether the account may enter or run `path`; asked of the kernel, which knows about every kind of right."""
        command = ["test", "-x", str(path)]
        try:
            return subprocess.run(command, cwd="/", check=False, **self.identity).returncode == 0
        except OSError as error:
            raise ConfigurationError(
                f"PostgreSQL does not run as root, and changing to the account nobody failed: {error.strerror}; "
                f"run Sereno as an ordinary user"
            ) from None


def _account() -> Account | None:
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise ConfigurationError(
            "PostgreSQL does not run as root, and there is no account nobody to change to; run Sereno as an "
            "ordinary user"
        ) from None
    return Account(user=entry.pw_uid, group=entry.pw_gid)


class Rooms:
    """The folders `data`, `socket` and `programs` of one server, each in its folder or a link to where it is."""

    def __init__(self, folder: Path) -> None:
        """Describe the rooms of the server in `folder`; `prepare` creates them."""
        self.folder = folder
        self.account = _account()

    @property
    def data(self) -> Path:
        """Holds the cluster and the log."""
        return self._room("data")

    @property
    def socket(self) -> Path:
        """Holds the unix socket; only the account may enter."""
        return self._room("socket")

    def prepare(self, binaries: PostgresBinaries) -> None:
        """Create what is missing.

        Raises:
            ConfigurationError: not even the folder for temporary files can be used by the account.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o711)
        reached = self.account is None or self.account.reaches(self.folder)
        self._provide("data", here=reached)
        short = len(os.fsencode(self.folder / "socket")) + _LONGEST_SOCKET_NAME <= LONGEST_SOCKET_PATH
        self._provide("socket", here=reached and short)
        if self.account and not self.account.reaches(binaries.program("postgres")):
            self._provide("programs", here=reached, shared=True)
            _copy_programs(binaries.folder, self._copied_folder())

    def program(self, binaries: PostgresBinaries, name: str) -> Path:
        """Where the account finds a program."""
        copy = self._copied_folder() / name
        return copy if copy.is_file() else binaries.program(name)

    def remove(self) -> None:
        """Remove the rooms that are elsewhere; those in the folder go with it."""
        for name in ("data", "socket", "programs"):
            if (self.folder / name).is_symlink():
                shutil.rmtree(self._room(name), ignore_errors=True)

    def _room(self, name: str) -> Path:
        path = self.folder / name
        return path.readlink() if path.is_symlink() else path

    def _copied_folder(self) -> Path:
        return self._room("programs") / "package" / "install" / "bin"

    def _provide(self, name: str, *, here: bool, shared: bool = False) -> None:
        """Create a room: private to the account, or (`shared`) ours, for the account to read."""
        path = self.folder / name
        owner = self.account if self.account and not shared else Account(os.geteuid(), os.getegid())
        if path.is_symlink() and not _belongs_to(owner, path.readlink()):
            path.unlink()  # the temporary files were cleaned up; another may have taken the name since
        if path.exists():
            return
        if here:
            path.mkdir()
        room = path if here else Path(tempfile.mkdtemp(prefix=_PREFIX))
        room.chmod(0o755 if shared else 0o700)
        os.chown(room, owner.user, owner.group)
        if self.account and not self.account.reaches(room):
            room.rmdir()
            raise ConfigurationError(
                f"the PostgreSQL server of root runs as nobody, who can enter neither {self.folder} nor "
                f"{room.parent}; set TMPDIR to a folder that every user may enter, such as /tmp"
            )
        if not here:
            path.symlink_to(room)


def _belongs_to(owner: Account, room: Path) -> bool:
    return room.is_dir() and not room.is_symlink() and room.stat().st_uid == owner.user


def _copy_programs(source: Path, copy: Path) -> None:
    """Copy a version's bin, lib and share, laid out as before: programs find their files by where they are."""
    if copy.is_dir():
        return
    unfinished = copy.parent.with_name("unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for name in ("bin", "lib", "share"):
        if (source.parent / name).is_dir():
            shutil.copytree(source.parent / name, unfinished / name, ignore=shutil.ignore_patterns("*.a", "pgxs"))
    libraries = source.parents[2] / f"{source.parents[1].name}.libs"
    if libraries.is_dir():  # beside the package, where wheels keep the libraries that they bring
        shutil.copytree(libraries, copy.parents[2] / libraries.name, dirs_exist_ok=True)
    for path in (copy.parents[1], unfinished, *unfinished.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    unfinished.rename(copy.parent)
