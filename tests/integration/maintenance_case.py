"""A system with clients that are idle and rows that are old, for the tests of maintenance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg

from integration.databases import described
from integration.system_folders import written
from sereno.maintenance.batches import purge_slice
from sereno.maintenance.books import settle_purge
from sereno.maintenance.outcome import PurgeOutcome
from sereno.maintenance.plan import count_left, plan_purge
from sereno.reports.model import Effect, JobContext
from sereno.systems.model import System

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
OLD, YOUNG = 700, 300
TABLES = f"""
CREATE TABLE client (id bigint PRIMARY KEY, name text, active boolean NOT NULL, updated_at timestamptz);
INSERT INTO client SELECT i, 'client ' || i, true, NULL FROM generate_series(1, 20) i;
CREATE TABLE log (
    id bigint PRIMARY KEY, client_id bigint REFERENCES client, level text, at timestamptz NOT NULL, note text);
INSERT INTO log
SELECT i, 1 + i % 10, CASE WHEN i % 10 = 0 THEN 'error' ELSE 'info' END,
       timestamptz '2026-11-20 12:00+00' - CASE WHEN i <= {OLD} THEN interval '91 days' ELSE interval '1 day' END,
       'n' || i
FROM generate_series(1, {OLD + YOUNG}) i;
"""
CANDIDATES = """
SELECT c.id, c.name AS label FROM client c
WHERE c.active AND NOT EXISTS (SELECT FROM log l WHERE l.client_id = c.id AND l.at >= :cutoff) ORDER BY c.id
"""
DEACTIVATE = "UPDATE client SET active = false, updated_at = :now WHERE id = ANY(:ids)"
IDLE_SQL = {"idle_clients.candidates": CANDIDATES, "idle_clients.deactivate": DEACTIVATE}
LOGS: dict[str, Any] = {"name": "logs", "table": "log", "key": "id", "older_than": "at"}


def system_with(
    url: str,
    systems: Path,
    *purges: dict[str, Any],
    sql: dict[str, str] | None = None,
    idle: bool = False,
    **maintenance: Any,
) -> System:
    """The database `url` with these purges, as a folder below `systems` describes it."""
    said = described(url)
    said["purges"] = list(purges)
    said["maintenance"] = {**({"idle_clients": {}} if idle else {}), **maintenance}
    return written(System.model_validate(said), systems, sql={**(IDLE_SQL if idle else {}), **(sql or {})})


def context(run: str = "run-1", *, live: bool = True) -> JobContext:
    """The run `run` of the job."""
    effect = Effect.LIVE if live else Effect.DRY_RUN
    return JobContext(
        job="maintenance", system="awkward", effect=effect, started_at=NOW, flow_run_id=run, run_name=f"name of {run}"
    )


def purged(system: System, *, name: str = "logs", run: str = "run-1", **changes: Any) -> PurgeOutcome:
    """Carry out one purge to its end, as the job does."""
    purge = next(each for each in system.purges if each.name == name).model_copy(update=changes)
    before = settle_purge(system, purge, context=context(run), now=NOW)
    plan = plan_purge(system, purge, now=NOW, live=True)
    outcome = PurgeOutcome(purge=purge, live=True, plan=plan, before=before)
    while not outcome.progress.finished(plan):
        progress = purge_slice(system, plan, outcome.progress, run_id=run)
        outcome = replace(outcome, progress=progress)
    return replace(outcome, left=count_left(system, plan))


def rows(url: str, query: str) -> Sequence[tuple[Any, ...]]:
    """What a query gives, as the owner."""
    with psycopg.connect(url) as connection:
        return connection.execute(query.encode()).fetchall()
