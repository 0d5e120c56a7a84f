"""Carrying out a load check: one request first, then the load, while the database is looked at."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime

from sereno.load.load import Load
from sereno.load.measure import Measurement, measure
from sereno.load.plan import LoadPlan
from sereno.load.server_side import ServerSide, watched_server
from sereno.progress import Progress, silent
from sereno.systems.model import System


@dataclass(frozen=True, kw_only=True)
class LoadOutcome:
    """A load check that was carried out."""

    plan: LoadPlan
    measurement: Measurement
    server: ServerSide
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))


def probe(plan: LoadPlan) -> Measurement:
    """Send the request once.

    Raises:
        MissingSecretError: a header's secret is not there.
        ConfigurationError: the authorities' file cannot be read.
    """
    place, request = plan.wire()
    return measure(place, request, Load(requests=1, concurrency=1, timeout_seconds=plan.load.timeout_seconds))


def apply_load(system: System, plan: LoadPlan, *, progress: Progress = silent) -> LoadOutcome:
    """Send the load.

    Raises:
        MissingSecretError: a header's secret is not there.
        ConfigurationError: the authorities' file cannot be read.
    """
    place, request = plan.wire()
    started_at = datetime.now(UTC)
    with watched_server(system) as server:
        measurement = measure(place, request, plan.load, progress=progress)
    return LoadOutcome(plan=plan, measurement=measurement, server=server, started_at=started_at)
