"""The processes below this one, and what Linux offers so that none is left behind.

Elsewhere than on Linux these do nothing: the stack still stops its children one by one, in order.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_LINUX = sys.platform == "linux"
_libc = ctypes.CDLL(None) if _LINUX else None


def die_with_parent() -> None:
    """Ask the kernel to terminate the calling process when its parent dies, however that dies."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def adopt_orphans() -> None:
    """Become the parent of every descendant whose own parent dies, so that `descendants` still finds it."""
    if _libc is not None:
        _libc.prctl(_PR_SET_CHILD_SUBREAPER, 1)


def descendants(of: int | None = None) -> list[int]:
    """The ids of the living processes below this one, or below the process `of`, parents before children."""
    children: dict[int, list[int]] = {}
    for pid, (parent, state) in _processes().items():
        if state != "Z":
            children.setdefault(parent, []).append(pid)
    found: list[int] = []
    below = children.get(os.getpid() if of is None else of, [])
    while below:
        found += below
        below = [child for pid in below for child in children.get(pid, [])]
    return found


def reap_adopted(known: set[int]) -> None:
    """Let the kernel forget dead processes that were adopted; `known` ones are awaited by those who started them."""
    for pid, (parent, state) in _processes().items():
        if parent == os.getpid() and state == "Z" and pid not in known:
            with suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)


def _processes() -> dict[int, tuple[int, str]]:
    """Parent and state letter of every process, by id."""
    seen: dict[int, tuple[int, str]] = {}
    for path in Path("/proc").glob("[0-9]*/stat") if _LINUX else ():
        with suppress(OSError):
            state, parent = path.read_text(errors="replace").rpartition(")")[2].split()[:2]
            seen[int(path.parent.name)] = (int(parent), state)
    return seen
