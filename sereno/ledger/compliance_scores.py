"""The scores of compliance reports, by the last day of their period."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select

from sereno.ledger.canonical import canonical_json
from sereno.ledger.ledger import Ledger
from sereno.ledger.models import ComplianceScoreRow, time_text


@dataclass(frozen=True, kw_only=True)
class ScoreRecord:
    """The score of one report, and how each control was judged."""

    until: date
    value: int
    outcomes: Mapping[str, str]


def note_score(ledger: Ledger, system: str, score: ScoreRecord, *, at: datetime) -> None:
    """Write down a score; an earlier one of the same period gives way to it.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    outcomes = canonical_json(dict(score.outcomes))
    row = ComplianceScoreRow(
        system=system, until=score.until.isoformat(), value=score.value, outcomes=outcomes, taken_at=time_text(at)
    )
    with ledger.writing() as session:
        session.merge(row)


def scores_before(ledger: Ledger, system: str, *, until: date, at_most: int) -> list[ScoreRecord]:
    """The newest scores of periods that ended before the day `until`, oldest first.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    wanted = select(ComplianceScoreRow).where(
        ComplianceScoreRow.system == system, ComplianceScoreRow.until < until.isoformat()
    )
    with ledger.reading() as session:
        rows = session.scalars(wanted.order_by(ComplianceScoreRow.until.desc()).limit(at_most)).all()
        found = [
            ScoreRecord(until=date.fromisoformat(row.until), value=row.value, outcomes=json.loads(row.outcomes))
            for row in rows
        ]
    return found[::-1]
