"""The log of a flow process on its console, which the worker reads through a pipe."""

from __future__ import annotations

import logging
from functools import partial

from prefect.logging.handlers import PrefectConsoleHandler
from rich.console import Console


def prepare_console() -> None:
    """Show Sereno's own INFO lines, and let the job go on when nobody reads the console any more.

    A worker that is killed leaves a broken pipe. Rich, which writes Prefect's console log, ends the process at the next
    line then, so that a live job would be cut short; the server still gets every line, and the run its end.
    """
    logging.getLogger("sereno").setLevel(logging.INFO)
    for handler in logging.root.handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.console.on_broken_pipe = partial(_mute, handler.console)  # type: ignore[method-assign]


def _mute(console: Console) -> None:
    console.quiet = True
