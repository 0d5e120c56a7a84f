"""`down`: stop the stack of a SERENO_HOME, by the process id that it noted under its lock."""

from __future__ import annotations

import os
import signal
import time

from rich.console import Console

from infra.local.lock import holder_of
from sereno.errors import EXIT_DONE, SerenoError
from sereno.settings import Settings

_PATIENCE_SECONDS = 90.0


def down(settings: Settings, console: Console) -> int:
    """Stop the stack and wait until it is gone. The kernel keeps the lock for as long as that process lives.

    Raises:
        SerenoError: it does not end.
    """
    home = settings.home_path
    holder = holder_of(home)
    if holder is None:
        console.print(f"nothing is running in {home}")
        return EXIT_DONE
    os.kill(holder.pid, signal.SIGTERM)
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while (now := holder_of(home)) is not None and now.pid == holder.pid:
        if time.monotonic() > deadline:
            raise SerenoError(f"`{holder.command}` (process {holder.pid}) was asked to stop and still runs")
        time.sleep(0.2)
    console.print(f"stopped `{holder.command}` (process {holder.pid})")
    return EXIT_DONE
