"""The registers and lists of a report as tables of texts; headings and columns are keys that a language translates."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sereno.compliance.content import Table
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.datamap.registers import record_of_processing, sharing_register
from sereno.compliance.looking import Seen
from sereno.systems.model import System

_MOST_ROWS = 200


def tables(system: System, seen: Seen) -> Iterator[Table]:
    """Processing, sharing, access to sensitive data, changes of configuration, backups and drills."""
    if seen.map_ is not None:
        yield _processing(seen.map_)
        yield _sharing(seen.map_)
    yield _events(seen)
    yield _configuration(system, seen)
    yield _backups(system, seen)
    yield _drills(system, seen)


def _processing(map_: DataMap) -> Table:
    rows = tuple(
        (
            each.activity,
            each.purpose,
            f"basis.{each.gdpr}",
            f"basis.{each.lgpd}",
            "; ".join(each.subjects),
            "; ".join(f"category.{category}" for category in each.categories),
            "; ".join(each.recipients),
            "; ".join(each.transfers),
            "; ".join(each.retention),
            "; ".join(each.measures),
        )
        for each in record_of_processing(map_)
    )
    columns = (
        *("activity", "purpose", "gdpr", "lgpd", "subjects", "categories"),
        *("recipients", "transfers", "retention", "measures"),
    )
    return Table(key="processing", columns=columns, rows=rows)


def _sharing(map_: DataMap) -> Table:
    rows = tuple(
        (
            each.recipient,
            f"role.{each.role.value}",
            each.country,
            each.safeguard,
            "; ".join(each.activities),
            "; ".join(f"category.{category}" for category in each.categories),
        )
        for each in sharing_register(map_)
    )
    columns = ("recipient", "role", "country", "safeguard", "activities", "categories")
    return Table(key="sharing", columns=columns, rows=rows)


def _events(seen: Seen) -> Table:
    rows = tuple(
        (f"origin.{origin.value}", f"kind.{row['kind']}", str(row["events"]))
        for origin, answer in seen.trail.events.items()
        for row in answer.rows
    )
    return Table(key="access_to_sensitive_data", columns=("origin", "kind", "events"), rows=rows)


def _configuration(system: System, seen: Seen) -> Table:
    rows = []
    for event in seen.trail.changes:
        figures = event.payload["figures"]
        files = "; ".join(str(figures[name]) for name in ("added", "changed", "removed") if figures.get(name))
        rows.append((_local(event.timestamp, system), files, str(event.id)))
    return Table(key="configuration_changes", columns=("time", "files", "event"), rows=tuple(rows))


def _backups(system: System, seen: Seen) -> Table:
    newest = sorted(seen.own.backups.rows, key=lambda row: row["taken_at"], reverse=True)[:_MOST_ROWS]
    rows = tuple(
        (
            row["id"],
            row["store"],
            row["kind"],
            _local(row["taken_at"], system),
            _local(row["whole_at"], system),
            _local(row["drilled_at"], system),
        )
        for row in newest
    )
    return Table(key="backups", columns=("backup", "store", "kind", "taken", "verified", "drilled"), rows=rows)


def _drills(system: System, seen: Seen) -> Table:
    rows = tuple(
        (
            _local(drill.started_at, system),
            drill.backup,
            f"result.{drill.result.value}",
            str(drill.rows),
            f"{drill.checks - drill.failed_checks}/{drill.checks}",
        )
        for drill in seen.trail.drills
    )
    return Table(key="drills", columns=("time", "backup", "result", "rows", "checks"), rows=rows)


def _local(moment: datetime | None, system: System) -> str:
    return f"{moment.astimezone(system.zone):%Y-%m-%d %H:%M}" if moment else ""
