"""How the jobs of a system went last."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.metrics import RunRecord
from sereno.reports.model import Effect, Result


def last_operations(runs: Sequence[RunRecord]) -> list[RunRecord]:
    """The newest run of each job and effect, by job; a job that changes nothing has one line."""
    newest: dict[tuple[str, Effect], RunRecord] = {}
    for run in sorted(runs, key=lambda run: run.finished_at):
        newest[run.job, run.effect] = run
    return [newest[key] for key in sorted(newest)]


def troubled(runs: Sequence[RunRecord], *, but: str) -> list[RunRecord]:
    """Those of `runs` that failed; a refused one was a guard at work. The job `but` says itself how it goes."""
    return [run for run in runs if run.result is Result.FAILED and run.job != but]
