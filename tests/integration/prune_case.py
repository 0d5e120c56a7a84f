"""A system with small real backups, and what lies in its stores, for the tests of pruning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from integration.databases import system_of
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.backup.prune import prune
from sereno.backup.prune_plan import plan_prune
from sereno.backup.prune_report import prune_report
from sereno.reports.model import Draft
from sereno.systems.model import System

LATER = datetime.now(UTC) + timedelta(days=40)
"""When none of the backups that the tests take is young any more."""
TABLES = "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 500) i"
ONLY_THE_LAST_CHAIN: dict[str, Any] = {
    "keep_last": 1,
    "within_days": 0,
    "daily": 0,
    "weekly": 0,
    "monthly": 0,
    "yearly": 0,
    "minimum": 1,
}


def system_with(source: str, *, stores: tuple[str, ...] = ("local",), **retention: Any) -> System:
    """The database `source` with a folder for each store, which keeps the last chain only and what else is said."""
    said = system_of(source).model_dump()
    said["backup"]["stores"] = [{"name": name, "folder": name} for name in stores]
    said["backup"]["retention"] = {**ONLY_THE_LAST_CHAIN, **retention}
    return System.model_validate(said)


def chain(system: System, increments: int) -> list[str]:
    """Take a full backup and increments on it; their ids, oldest first."""
    kinds = [BackupKind.FULL, *[BackupKind.INCREMENTAL] * increments]
    return [write.write(system, kind).id for kind in kinds]


def there(system: System, store: str = "local") -> list[str]:
    """The complete backups in a store."""
    return BackupPlace.of(system, store=store).identifiers()


def everything(folder: Path) -> dict[str, bytes]:
    """Every file below a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def pruned(system: System, **options: Any) -> Draft:
    """The report of a live run."""
    plan = plan_prune(system, now=LATER, **options)
    return prune_report(plan, prune(system, plan))


def missed(report: Draft) -> dict[str, str]:
    """What was seen of each finding that did not pass, by its name."""
    return {finding.name: finding.evidence for finding in report.findings if not finding.passed}
