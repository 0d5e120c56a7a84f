"""How fast a purge was, by its live runs that the ledger remembers."""

from __future__ import annotations

from sereno import audit
from sereno.ledger import Ledger
from sereno.maintenance.actions import purge_action
from sereno.systems.sections.maintenance import Purge

_RUNS = 10


def past_pace(ledger: Ledger, system: str, purge: Purge) -> float | None:
    """Rows a second over the last live runs that deleted some; None when there is none.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    rows = seconds = 0.0
    for event in audit.events(ledger, system, action=purge_action(purge), limit=_RUNS):
        deleted, took = event.figures.get("deleted"), event.figures.get("seconds")
        if deleted and took:
            rows, seconds = rows + float(deleted), seconds + float(took)
    return rows / seconds if seconds else None
