"""Remembering a run in the ledger, and what it says about those before."""

from __future__ import annotations

from sereno.ledger import open_ledger
from sereno.ledger.smoke_results import note_results, past_results
from sereno.smoke.history import RUNS_LOOKED_AT, History
from sereno.smoke.outcome import SuiteRun


def remember(run: SuiteRun, *, flow_run_id: str | None) -> History:
    """Remember `run`; what became of the same checks in the runs before it.

    Raises:
        SerenoError: the ledger cannot be used.
    """
    with open_ledger() as ledger:
        past = past_results(
            ledger, system=run.system, suite=run.suite, before=run.started_at, at_most_runs=RUNS_LOOKED_AT
        )
        note_results(ledger, run, flow_run_id=flow_run_id)
    return past
