"""`python -m infra.local.prefect_server [OPTION ...]`: `prefect server start`, its garbage collected beside its work.

Prefect keeps its state in SQLite and leaves cursors to the garbage collector. To let go of one waits for its
connection, which may be waiting up to a minute for a lock whose holder can only go on in the thread that collects:
the server answered nobody for that minute, in two of three demos. In a thread of its own the collector waits alone.
"""

from __future__ import annotations

import gc
import itertools
import runpy
import sys
import time
from threading import Thread

_EVERY_SECONDS = 10.0
_YOUNG, _ALL = 1, 2  # generations; to look through everything takes half a second
_ALL_EVERY = 30  # times


def main() -> None:
    """Be the server."""
    gc.disable()
    Thread(target=_collect, daemon=True).start()
    sys.argv = ["prefect", "server", "start", *sys.argv[1:]]
    runpy.run_module("prefect", run_name="__main__")


def _collect() -> None:
    for times in itertools.count(1):
        time.sleep(_EVERY_SECONDS)
        gc.collect(_ALL if times % _ALL_EVERY == 0 else _YOUNG)


if __name__ == "__main__":
    main()
