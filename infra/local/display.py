"""What `demo` shows while it waits: bars on a terminal, plain lines elsewhere; and the table at its end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from infra.local.follow import Moment, Outcome

_WIDTH_FOR_LINKS = 140  # characters


class Display(Protocol):
    """Is told how far a run is."""

    def __call__(self, deployment: str, moment: Moment) -> None:
        """Show `moment` of the run of `deployment`."""


@contextmanager
def display(console: Console, deployments: Sequence[str]) -> Iterator[Display]:
    """The display for the runs of `deployments`, on a terminal a live one, while the block runs."""
    if not console.is_terminal:
        yield _Lines(console)
        return
    columns = (
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.fields[state]}"),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=console) as progress:
        yield _Bars(progress, deployments)


def show_outcomes(console: Console, outcomes: Sequence[Outcome]) -> None:
    """One row per run; links that the width would break follow below the table, where they can be followed."""
    wide = console.width >= _WIDTH_FOR_LINKS
    table = Table("job", "effect", "state", title="What ran", title_justify="left")
    table.add_column("seconds", justify="right")
    table.add_column("headline", overflow="fold")
    if wide:
        table.add_column("link", no_wrap=True)
    for outcome in outcomes:
        state = Text(outcome.state, style="green" if outcome.state == "Completed" else "red")
        cells = (outcome.job, outcome.effect, state, f"{outcome.seconds:.1f}", outcome.headline)
        table.add_row(*cells, *((outcome.url,) if wide else ()))
    console.print(table)
    if not wide:
        for outcome in outcomes:
            console.print(f"{outcome.job}: {outcome.url}", soft_wrap=True)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console

    def __call__(self, deployment: str, moment: Moment) -> None:
        shown = f" {moment.percent:.0f} %" if moment.percent is not None else ""
        self._console.print(f"{deployment}: {moment.state}{shown}")


class _Bars:
    def __init__(self, progress: Progress, deployments: Sequence[str]) -> None:
        self._progress = progress
        self._tasks = {name: progress.add_task(name, start=False, total=100, state="waiting") for name in deployments}

    def __call__(self, deployment: str, moment: Moment) -> None:
        task = self._tasks[deployment]
        if not self._progress.tasks[task].started:
            self._progress.start_task(task)
        ended = bool(moment.run.state and moment.run.state.is_final())
        self._progress.update(task, state=moment.state, completed=100 if ended else moment.percent or 0)
        if ended:
            self._progress.stop_task(task)
