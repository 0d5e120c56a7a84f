"""Who holds a lock, and the sentence that tells it to whoever came too late."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from datetime import UTC, datetime

from pydantic import AwareDatetime, BaseModel, ConfigDict

from sereno.errors import RefusedError


class Holder(BaseModel):
    """A run that has a system, or its own kind of work on it, to itself."""

    model_config = ConfigDict(frozen=True)

    job: str
    run: str
    alone: bool
    process: int
    host: str
    since: AwareDatetime

    @classmethod
    def of_this_process(cls, *, job: str, run: str, alone: bool) -> Holder:
        """This process, from now on."""
        return cls(
            job=job, run=run, alone=alone, process=os.getpid(), host=socket.gethostname(), since=datetime.now(UTC)
        )


def refusal(system: str, *, wanted: Holder, holders: Sequence[Holder]) -> RefusedError:
    """Why `wanted` cannot begin.

    Args:
        system: what is held.
        wanted: who came too late.
        holders: who holds something of it; may be empty, when they have ended since.
    """
    own_kind = [holder for holder in holders if holder.job == wanted.job]
    alone = [holder for holder in holders if holder.alone]
    if own_kind:
        why = f"{wanted.job} of {system} is already running: {_shown(own_kind[0], wanted)}"
    elif alone:
        why = f"{wanted.job} of {system} cannot begin while {_busy(alone, wanted)}, which has the system to itself"
    elif holders:
        why = f"{wanted.job} of {system} needs the system to itself, and {_busy(holders, wanted)}"
    else:
        return RefusedError(f"{wanted.job} of {system} was held off by a run that has just ended; start it again")
    one = len(own_kind or alone or holders) == 1
    return RefusedError(f"{why}; wait for {'it' if one else 'them'} or cancel {'it' if one else 'them'}")


def _busy(holders: Sequence[Holder], wanted: Holder) -> str:
    return ", ".join(f"{holder.job} is running: {_shown(holder, wanted)}" for holder in holders)


def _shown(holder: Holder, wanted: Holder) -> str:
    where = f" on {holder.host}" if holder.host != wanted.host else ""
    since = holder.since.astimezone(UTC)
    day = "" if since.date() == wanted.since.astimezone(UTC).date() else f"{since:%Y-%m-%d} "
    return f"run {holder.run} (process {holder.process}{where}) since {day}{since:%H:%M:%S} UTC"
