"""A process that is killed in the middle of its work: a fork of this one, which has all that it needs imported."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable
from typing import NoReturn

_FORK = multiprocessing.get_context("fork")


def killed_by_itself(work: Callable[[], object]) -> bool:
    """Whether a process that does `work` ended by `kill_me`, wherever it called that."""
    process = _FORK.Process(target=work)
    process.start()
    process.join(120)
    code = process.exitcode  # None where it still works
    process.kill()
    return code == -signal.SIGKILL


def kill_me() -> NoReturn:
    """End this process as `kill -9` does."""
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still alive")
