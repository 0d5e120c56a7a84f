"""What became of the checks of the smoke suites, run by run."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import delete, insert, select

from sereno.ledger.ledger import Ledger
from sereno.ledger.models import SmokeResultRow, time_text
from sereno.smoke.history import RUNS_KEPT, History, PastResult
from sereno.smoke.outcome import Outcome, SuiteRun


def note_results(ledger: Ledger, run: SuiteRun, *, flow_run_id: str | None) -> None:
    """Remember `run`, once however often it is told, and forget what is older than the last `RUNS_KEPT` of its suite.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    at = time_text(run.started_at)
    of_suite = (SmokeResultRow.system == run.system, SmokeResultRow.suite == run.suite)
    rows = [
        {
            "system": run.system,
            "suite": run.suite,
            "check_name": result.name,
            "started_at": at,
            "outcome": result.outcome.value,
            "seconds": result.seconds,
            "shape": None if result.shape is None else json.dumps(result.shape, sort_keys=True),
            "flow_run_id": flow_run_id,
        }
        for result in run.results
    ]
    runs = select(SmokeResultRow.started_at).where(*of_suite).distinct().order_by(SmokeResultRow.started_at.desc())
    with ledger.writing() as session:
        session.execute(delete(SmokeResultRow).where(*of_suite, SmokeResultRow.started_at == at))
        if rows:
            session.execute(insert(SmokeResultRow), rows)
        oldest = session.scalars(runs.offset(RUNS_KEPT - 1).limit(1)).first()
        if oldest is not None:
            session.execute(delete(SmokeResultRow).where(*of_suite, SmokeResultRow.started_at < oldest))


def past_results(ledger: Ledger, *, system: str, suite: str, before: datetime, at_most_runs: int) -> History:
    """The results of the last `at_most_runs` runs of a suite that began before `before`.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    of_suite = (
        SmokeResultRow.system == system,
        SmokeResultRow.suite == suite,
        SmokeResultRow.started_at < time_text(before),
    )
    newest = select(SmokeResultRow.started_at).where(*of_suite).distinct().order_by(SmokeResultRow.started_at.desc())
    history: dict[str, list[PastResult]] = {}
    with ledger.reading() as session:
        oldest = session.scalars(newest.limit(at_most_runs)).all()[-1:]
        if not oldest:
            return history
        wanted = select(SmokeResultRow).where(*of_suite, SmokeResultRow.started_at >= oldest[0])
        for row in session.scalars(wanted.order_by(SmokeResultRow.started_at, SmokeResultRow.id)):
            history.setdefault(row.check_name, []).append(_past(row))
    return history


def _past(row: SmokeResultRow) -> PastResult:
    return PastResult(
        started_at=datetime.fromisoformat(row.started_at),
        outcome=Outcome(row.outcome),
        seconds=row.seconds,
        shape=None if row.shape is None else json.loads(row.shape),
    )
