"""The counters of the Ops Console, summed up from what the ledger has settled, so that they survive every restart."""

from __future__ import annotations

from collections import Counter

from sereno.ledger import Ledger
from sereno.ledger.settled import settled_figures
from sereno.metrics import Count
from sereno.support.events import SEPARATOR
from sereno.support.kinds import CLEAR, RESEND

_RESENT = "ops_notifications_resend"
_CLEARED = "ops_lockouts_cleared"


def support_counts(ledger: Ledger, system: str) -> list[Count]:
    """The counters of `system`: resends by channel and result, lockouts cleared by result.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    return [
        *_resent(system, settled_figures(ledger, system=system, job=RESEND.job)),
        *(
            Count(
                name=_CLEARED,
                documentation="Lockouts that were cleared.",
                labels={"system": system, "result": result},
                value=number,
            )
            for result, number in settled_figures(ledger, system=system, job=CLEAR.job).items()
        ),
    ]


def _resent(system: str, figures: Counter[str]) -> list[Count]:
    parts = [(*figure.rpartition(SEPARATOR)[::2], number) for figure, number in figures.items()]
    return [
        Count(
            name=_RESENT,
            documentation="Notifications that were sent again.",
            labels={"system": system, "channel": channel, "result": result},
            value=number,
        )
        for channel, result, number in parts
    ]
