"""A drill outside Prefect, into which a test can reach, and looking at what it found and left behind."""

from __future__ import annotations

import psycopg

from sereno.drill import database as drill_database
from sereno.drill.plan import plan_drill
from sereno.drill.queries import run_own_checks
from sereno.drill.structure import prove_structure
from sereno.reports.model import Finding
from sereno.restore import load
from sereno.restore.plan import lacks
from sereno.restore.prove import prove_content
from sereno.restore.prove_schema import prove_schema
from sereno.systems.model import System


def drilled(system: System, *, meanwhile: str = "", backup: str = "latest", store: str = "") -> dict[str, Finding]:
    """The findings of a drill during which somebody runs `meanwhile` on what was restored, by name."""
    plan = plan_drill(system, backup=backup, store=store)
    try:
        into = drill_database.start_database(system, plan)
        assert all(finding.passed for finding in lacks(plan.restore, into))
        roles = load.create_roles(plan.restore, into)
        load.restore_before_rows(system, plan.restore, into, roles)
        load.load_rows(system, plan.restore, into)
        load.restore_after_rows(system, plan.restore, into, roles)
        with psycopg.connect(into.resolve()) as connection:
            connection.execute(meanwhile.encode())
        findings = (
            *prove_content(system, plan.restore, into),
            *prove_schema(system, plan.restore, into, roles),
            *prove_structure(into),
            *run_own_checks(system, plan, into),
        )
    finally:
        drill_database.drop_database(system)
    return {finding.name: finding for finding in findings}


def failed(findings: dict[str, Finding]) -> dict[str, str]:
    """The evidence of the findings that did not pass, by name."""
    return {name: finding.evidence for name, finding in findings.items() if not finding.passed}


def names(server: str, query: str) -> set[str]:
    """What `query` gives in its one column."""
    with psycopg.connect(server) as connection:
        return {row[0] for row in connection.execute(query.encode())}


def left_behind(server: str) -> set[str]:
    """The databases and roles of drills that are still on the server."""
    databases = "SELECT datname FROM pg_database WHERE datname LIKE 'sereno%'"
    roles = "SELECT rolname FROM pg_roles WHERE rolname LIKE 'sereno%'"
    return names(server, f"{databases} UNION ALL {roles}")
