"""How far long work is, on stderr and only where somebody sees it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

from sereno.progress import Progress as Told
from sereno.progress import silent


@contextmanager
def progress_bar(title: str) -> Iterator[Told]:
    """Something to tell how many bytes are done; it draws a bar on a terminal, and is gone when the block ends."""
    if not sys.stderr.isatty():
        yield silent
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as bar:
        task = bar.add_task(title, total=None)

        def tell(*, done: int, total: int, what: str) -> None:  # noqa: ARG001 (the protocol's; objects go by too fast)
            bar.update(task, completed=done, total=total)

        yield tell
