"""What a job has done in all, by the intents that were settled: each once, whatever was killed meanwhile."""

from __future__ import annotations

import json
from collections import Counter

from sqlalchemy import func, select

from sereno.ledger.intent_log import SETTLED
from sereno.ledger.ledger import Ledger
from sereno.ledger.models import IntentRow


def settled_figures(ledger: Ledger, *, system: str, job: str) -> Counter[str]:
    """The sum of each figure over all settled intents of `job` of `system`.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    settled = select(IntentRow.figures, func.count()).filter_by(system=system, job=job, state=SETTLED)
    sums: Counter[str] = Counter()
    with ledger.reading() as session:
        for figures, times in session.execute(settled.group_by(IntentRow.figures)):
            sums.update({name: number * times for name, number in json.loads(figures or "{}").items()})
    return sums
