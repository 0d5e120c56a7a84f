"""What to know about a purge before it runs: missing indexes, tables that cascade, rules that collide."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.database.names import split
from sereno.maintenance.idle import IdleOutcome
from sereno.maintenance.plan import PurgePlan
from sereno.maintenance.table import Referrer
from sereno.reports.build import human_bytes
from sereno.reports.model import Finding

_REFUSES = frozenset({"a", "r"})


def advice_on(plan: PurgePlan, idle: IdleOutcome | None) -> Iterator[Finding]:
    """Optional findings about one purge."""
    name, table = plan.purge.name, plan.table
    yield _optional(
        f"purge {name}: an index leads with {table.age.name}",
        passed=table.age_indexed,
        seen="there is one",
        advice=f"there is none, so every run reads all of {table}, {human_bytes(table.bytes)}; "
        f"CREATE INDEX CONCURRENTLY ON {table.quoted} ({table.age.name})",
    )
    yield from _references(plan)
    if idle and plan.purge.retain_days < idle.idle_days:
        yield _optional(
            f"purge {name}: rows stay for as long as clients may be idle",
            passed=False,
            seen="",
            advice=f"they stay for {plan.purge.retain_days} days, clients count as idle after {idle.idle_days}: where "
            f"{table} tells who is idle, rows that are gone make clients look so",
        )


def _references(plan: PurgePlan) -> Iterator[Finding]:
    name, unlinked = plan.purge.name, {(split(each.table)[1], each.column) for each in plan.purge.set_null}
    cascading = [each for each in plan.table.referrers if each.on_delete == "c"]
    if cascading:
        yield _optional(
            f"purge {name}: tables that cascade",
            passed=True,
            seen=f"rows that refer to deleted ones are deleted too: {_listed(cascading)}",
            advice="",
        )
    refusing = [
        each for each in plan.table.referrers if each.on_delete in _REFUSES and (each.name, each.column) not in unlinked
    ]
    if refusing:
        yield _optional(
            f"purge {name}: no other table keeps its rows",
            passed=False,
            seen="",
            advice=f"rows that these refer to cannot be deleted, and fail their batch: {_listed(refusing)}; name them "
            "in set_null where that is right, or leave such rows out with a purge_only file",
        )
    scanning = [each for each in plan.table.referrers if not each.indexed]
    if scanning:
        yield _optional(
            f"purge {name}: references to its rows are indexed",
            passed=False,
            seen="",
            advice=f"for each deleted row the server reads all of {_listed(scanning)}: create an index there",
        )


def _listed(referrers: list[Referrer]) -> str:
    return ", ".join(map(str, referrers))


def _optional(name: str, *, passed: bool, seen: str, advice: str) -> Finding:
    return Finding(name=name, passed=passed, required=False, evidence=seen if passed else advice)
