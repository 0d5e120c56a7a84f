"""Locks as files, for a ledger on this machine: the kernel gives them back when their process ends, however it ends.

A folder of a system holds `system.lock` (shared by jobs, exclusive for one that wants the system alone), a lock per
job, which also names its holder, and `gate.lock`. Whoever takes locks or looks who has them goes through the gate, one
after another: so a look never makes a lock seem taken, and a holder's name is always complete. A name that was left in
a free lock means nothing.
"""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from pydantic import ValidationError

from sereno.errors import StorageError
from sereno.ledger.holders import Holder, refusal


@contextmanager
def held_in_files(folder: Path, *, system: str, holder: Holder) -> Iterator[None]:
    """Hold the locks that `holder` needs, below `folder`, for the time of the block.

    Raises:
        RefusedError: another run holds one of them.
        StorageError: the folder cannot be used.
    """
    with ExitStack() as locks:
        try:
            _take(folder, system=system, holder=holder, locks=locks)
        except OSError as error:
            raise StorageError(
                f"the locks in {folder} cannot be used: {error.strerror}; check the folder's owner and rights"
            ) from None
        yield


def _take(folder: Path, *, system: str, holder: Holder, locks: ExitStack) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _opened(folder / "gate.lock") as gate:
        fcntl.flock(gate, fcntl.LOCK_EX)
        with ExitStack() as taken:
            own = taken.enter_context(_opened(folder / f"job-{holder.job}.lock"))
            whole = taken.enter_context(_opened(folder / "system.lock"))
            if _locked(own, fcntl.LOCK_EX) and _locked(whole, fcntl.LOCK_EX if holder.alone else fcntl.LOCK_SH):
                own.truncate(0)
                own.write(holder.model_dump_json().encode())
                own.flush()
                locks.enter_context(taken.pop_all())
                return
        raise refusal(system, wanted=holder, holders=_holders(folder))


def _holders(folder: Path) -> list[Holder]:
    """Who holds a job's lock now. To be called inside the gate, holding none."""
    holders = []
    for path in sorted(folder.glob("job-*.lock")):
        with _opened(path) as file:
            if _locked(file, fcntl.LOCK_SH):
                continue  # free, so what stands in it was left by a run that is gone
            file.seek(0)
            with suppress(ValidationError):
                holders.append(Holder.model_validate_json(file.read()))
    return holders


def _locked(file: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _opened(path: Path) -> IO[bytes]:
    return path.open("a+b")
