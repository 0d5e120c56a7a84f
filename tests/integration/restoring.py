"""The ways of a restore, as the flow puts their steps together, without Prefect; and looking at databases."""

from __future__ import annotations

from typing import Any

import psycopg

from sereno.reports.model import Finding
from sereno.restore import load, plan, prove, prove_schema, refill, target
from sereno.restore.chosen import RestorePlan
from sereno.systems.model import System
from sereno.systems.secrets import Secret


def built(system: System, chosen: RestorePlan, into: Secret) -> tuple[Finding, ...]:
    """Build an empty database from the backup; the findings of the proof."""
    roles = load.create_roles(chosen, into)
    load.restore_before_rows(system, chosen, into, roles)
    load.load_rows(system, chosen, into)
    load.restore_after_rows(system, chosen, into, roles)
    return (*prove.prove_content(system, chosen, into), *prove_schema.prove_schema(system, chosen, into, roles))


def refilled(system: System, *tables: str, backup: str = "latest", into: str = "empty") -> tuple[Finding, ...]:
    """Put rows into the tables of the target `into`; the findings of the proof."""
    chosen = plan.plan_restore(system, backup=backup, tables=tables, target=into, data_only=True)
    return refill.refill(system, chosen, target.target_url(system, into), overwrite=chosen.over_original).findings


def failed(findings: tuple[Finding, ...]) -> list[Finding]:
    """Those that did not pass."""
    return [finding for finding in findings if not finding.passed]


def query(url: str, text: str) -> list[Any]:
    """The first column of what a query gives."""
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(text.encode())]


def execute(url: str, text: str) -> None:
    """Change something, and commit."""
    with psycopg.connect(url) as connection:
        connection.execute(text.encode())
