"""The command line `sereno`. It never imports Prefect, and nothing heavy before a verb needs it."""

from __future__ import annotations

import gc
import sys
from collections.abc import Sequence

COLLECT_AFTER = 50_000
"""Objects; loading makes many that stay, and looking through them again and again takes a tenth of a short
command, and a fifth of what loads Prefect."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out one command and return its exit code; `arguments` default to the process's own.

    0 done, 1 the job or a required finding failed, 2 usage or configuration, 3 refused by a guard, 130 interrupted.
    """
    thresholds = gc.get_threshold()
    gc.set_threshold(COLLECT_AFTER)
    try:
        from sereno.cli.failures import guarded
        from sereno.cli.program import carry_out

        words = sys.argv[1:] if arguments is None else list(arguments)
        return guarded(lambda: carry_out(words))
    finally:
        gc.set_threshold(*thresholds)
