"""What the ledger has to tell in metrics: of the text files for a node exporter, and of the server that is asked."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from sereno.errors import SerenoError
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.overview_snapshots import newest_overview
from sereno.ledger.runs import newest_runs
from sereno.messages.outbox import delivery_counts
from sereno.metrics import Measures
from sereno.settings import Settings, load_settings
from sereno.support.counters import support_counts
from sereno.systems.folders import system_names

logger = logging.getLogger(__name__)


def measures_of(ledger: Ledger, systems: Iterable[str]) -> Measures:
    """Runs, deliveries, support operations and the newest overview of each of `systems`.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    names = list(systems)
    overviews = (newest_overview(ledger, name) for name in names)
    return Measures(
        runs=[run for name in names for run in newest_runs(ledger, name)],
        deliveries=[count for name in names for count in delivery_counts(ledger, name)],
        counts=[count for name in names for count in support_counts(ledger, name)],
        overviews=[overview for overview in overviews if overview],
    )


def measures_now(settings: Settings | None = None) -> Measures:
    """Those of every system there is, now; a ledger that cannot be read is told as such, so it raises nothing."""
    settings = settings or load_settings()
    try:
        with open_ledger(settings) as ledger:
            found = measures_of(ledger, system_names(settings))
    except SerenoError as error:
        logger.warning("no metrics: %s", error)
        return Measures(ledger_readable=False)
    return replace(found, ledger_readable=True)
