"""The ledger's row for a drill that is over, and the drills before it."""

from __future__ import annotations

from sereno.drill.drill import Drill
from sereno.ledger import open_ledger
from sereno.ledger.proofs import DrillRecord, newest_drills, note_drill
from sereno.reports.build import tally
from sereno.systems.model import System

_SHOWN = 30  # drills


def remember(system: System, drill: Drill, *, flow_run_id: str | None = None) -> tuple[DrillRecord, ...]:
    """Write the drill down; it and those before it, oldest first.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    with open_ledger() as ledger:
        note_drill(ledger, system.name, record_of(drill, flow_run_id=flow_run_id))
        return tuple(newest_drills(ledger, system.name, at_most=_SHOWN))


def record_of(drill: Drill, *, flow_run_id: str | None = None) -> DrillRecord:
    """What is kept of a drill."""
    plan = drill.plan
    return DrillRecord(
        store=plan.store,
        backup=plan.restore.backup,
        started_at=drill.started_at,
        result=tally(drill.findings),
        backup_age_seconds=round(drill.age_seconds),
        phases={name: round(seconds, 3) for name, seconds in drill.phases.items()},
        rows=plan.restore.rows,
        plain_bytes=plan.plain_bytes,
        stored_bytes=plan.stored_bytes,
        checks=len(drill.findings),
        failed_checks=sum(1 for finding in drill.findings if not finding.passed),
        flow_run_id=flow_run_id,
    )
