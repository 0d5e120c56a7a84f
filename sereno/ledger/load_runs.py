"""The load checks of a system, and which of them were accepted as what later ones are compared with."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from sereno.ledger.ledger import Ledger
from sereno.ledger.models import LoadRunRow, time_text
from sereno.reports.model import Result


@dataclass(frozen=True, kw_only=True)
class LoadRun:
    """A load check that is over. `figures` are latencies in seconds by percentile, and rates."""

    profile: str
    """The endpoint, the target and the load: runs of the same profile can be compared."""
    started_at: datetime
    result: Result
    accepted: bool
    """Whether it is a baseline."""
    figures: Mapping[str, float]
    flow_run_id: str | None = None
    id: int | None = None


def note_load_run(ledger: Ledger, system: str, run: LoadRun) -> None:
    """Append a run.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    row = LoadRunRow(
        system=system,
        profile=run.profile,
        started_at=time_text(run.started_at),
        result=run.result.value,
        accepted=int(run.accepted),
        figures=json.dumps(dict(run.figures)),
        flow_run_id=run.flow_run_id,
    )
    with ledger.writing() as session:
        session.add(row)


def newest_load_runs(ledger: Ledger, system: str, profile: str, *, at_most: int) -> list[LoadRun]:
    """The last `at_most` runs of a profile, oldest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    newest = select(LoadRunRow).filter_by(system=system, profile=profile).order_by(LoadRunRow.id.desc())
    with ledger.reading() as session:
        return [_run(row) for row in session.scalars(newest.limit(at_most))][::-1]


def accepted_load_run(ledger: Ledger, system: str, profile: str) -> LoadRun | None:
    """The run of a profile that was accepted last; None when none was.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    accepted = select(LoadRunRow).filter_by(system=system, profile=profile, accepted=1).order_by(LoadRunRow.id.desc())
    with ledger.reading() as session:
        row = session.scalars(accepted.limit(1)).first()
        return None if row is None else _run(row)


def _run(row: LoadRunRow) -> LoadRun:
    return LoadRun(
        id=row.id,
        profile=row.profile,
        started_at=datetime.fromisoformat(row.started_at),
        result=Result(row.result),
        accepted=bool(row.accepted),
        figures=json.loads(row.figures),
        flow_run_id=row.flow_run_id,
    )
