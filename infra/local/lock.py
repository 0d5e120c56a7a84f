"""One local stack per SERENO_HOME: a lock that the kernel drops with its process, and a note of where the stack is."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sereno.errors import ConfigurationError, RefusedError

LOCK_FILE = "local.lock"


class Holder(BaseModel):
    """The process that runs the stack of a SERENO_HOME, and what it serves."""

    pid: int
    command: str
    ui_url: str | None = None

    @property
    def api_url(self) -> str | None:
        """The API of its Prefect server, once that is ready."""
        return f"{self.ui_url}/api" if self.ui_url else None


class HeldLock:
    """The lock while it is ours; `note` tells others where the stack is."""

    def __init__(self, descriptor: int, command: str) -> None:
        """Keep the open, locked file."""
        self._descriptor = descriptor
        self._command = command

    def note(self, *, ui_url: str | None = None) -> None:
        """Write down who holds the lock, and what it serves by now."""
        content = Holder(pid=os.getpid(), command=self._command, ui_url=ui_url).model_dump_json().encode()
        os.pwrite(self._descriptor, content, 0)
        os.ftruncate(self._descriptor, len(content))


@contextmanager
def only_one(home: Path, command: str) -> Iterator[HeldLock]:
    """Be the only local stack of `home` while the block runs.

    Raises:
        RefusedError: another one is running; the message says which and how to stop it.
        ConfigurationError: `home` cannot be written.
    """
    descriptor = _opened(home, os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = _noted(descriptor)
            who = f"by `{other.command}` (process {other.pid}, {other.ui_url or 'still starting'})" if other else ""
            raise RefusedError(
                f"{home} is in use {who or 'by another local stack'}; stop it with `make down`, or set SERENO_HOME"
            ) from None
        lock = HeldLock(descriptor, command)
        lock.note()
        try:
            yield lock
        finally:
            os.ftruncate(descriptor, 0)
    finally:
        os.close(descriptor)


def holder_of(home: Path) -> Holder | None:
    """The stack that runs in `home` now, if one does. A note that a dead process left behind counts for nothing."""
    if not (home / LOCK_FILE).exists():
        return None
    descriptor = _opened(home, os.O_RDWR)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _noted(descriptor)
    finally:
        os.close(descriptor)
    return None


def _opened(home: Path, flags: int) -> int:
    try:
        home.mkdir(parents=True, exist_ok=True)
        return os.open(home / LOCK_FILE, flags, 0o600)
    except OSError as error:
        raise ConfigurationError(f"SERENO_HOME {home} cannot be used: {error.strerror}") from None


def _noted(descriptor: int) -> Holder | None:
    try:
        return Holder.model_validate_json(os.pread(descriptor, 4096, 0))
    except ValidationError:
        return None
