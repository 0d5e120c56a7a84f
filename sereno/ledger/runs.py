"""The runs of a system, as its audit chain remembers them: the source of the metrics."""

from __future__ import annotations

import json
from datetime import datetime

from sqlalchemy import and_, case, func, literal, or_, select

from sereno.ledger.chain import SUBJECTS
from sereno.ledger.ledger import Ledger
from sereno.ledger.models import AuditRow
from sereno.metrics import RunRecord
from sereno.reports.model import Effect, Result


def newest_runs(ledger: Ledger, system: str) -> list[RunRecord]:
    """The newest run of each job, effect and result of `system`, with how many there were.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    job = case(SUBJECTS, value=AuditRow.job, else_=func.upper(AuditRow.job))
    of_runs = and_(
        AuditRow.system == system,
        or_(AuditRow.action == literal("RUN_").concat(job), AuditRow.action == literal("PREVIEW_").concat(job)),
    )
    kinds = (AuditRow.job, AuditRow.effect, AuditRow.result)
    newest = select(func.max(AuditRow.sequence).label("newest"), func.count().label("runs")).where(of_runs)
    grouped = newest.group_by(*kinds).subquery()
    wanted = select(AuditRow.text, grouped.c.runs).join(grouped, AuditRow.sequence == grouped.c.newest)
    with ledger.reading() as session:
        rows = session.execute(wanted.where(AuditRow.system == system)).all()
    return [_record(json.loads(text), runs) for text, runs in rows]


def _record(event: dict[str, object], runs: int) -> RunRecord:
    figures = event.get("figures")
    seconds = figures.get("seconds", 0) if isinstance(figures, dict) else 0
    return RunRecord(
        system=str(event["system"]),
        job=str(event["job"]),
        effect=Effect(str(event["effect"])),
        result=Result(str(event["result"])),
        finished_at=datetime.fromisoformat(str(event["time"])),
        seconds=float(seconds),
        runs=runs,
    )
