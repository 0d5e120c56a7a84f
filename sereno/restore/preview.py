"""What a restore over the original would do, and whether it may be done at all."""

from __future__ import annotations

from datetime import datetime, timedelta

from pydantic import JsonValue

from sereno.approvals import Preview
from sereno.backup.choosing import kind_in
from sereno.backup.manifest import LINKS
from sereno.backup.place import BackupPlace
from sereno.errors import RefusedError
from sereno.restore.admin import require_powers
from sereno.restore.chosen import PlannedVolume, RestorePlan
from sereno.restore.original import look
from sereno.restore.way import Way
from sereno.systems.model import System

SAFETY_HOURS = 24
"""How old the newest backup may be when rows of the original are replaced, of which nothing else is kept."""


def preview(system: System, plan: RestorePlan, *, now: datetime) -> Preview:
    """What a restore over the original would do.

    Raises:
        RefusedError: the backup does not hold everything, or the newest one is too old for rows to be replaced.
        ConfigurationError: `restore.admin_url` is missing, or its role cannot do it.
    """
    if plan.way is Way.FILES:
        return Preview(decides=_of_backup(plan), shown=_shown(plan, {}, now=now))
    original = look(system)
    if plan.way is Way.REPLACE:
        _require_everything(plan)
        require_powers(system, plan, original)
    else:
        _require_fresh_backup(BackupPlace.of(system), system, now=now)
    replaced = {table.label for table in plan.tables} if plan.way is Way.REFILL else None
    rows_now: dict[str, JsonValue] = {
        table.label: original.estimated_rows.get(table.oid, 0)
        for table in original.tables
        if table.has_rows and (replaced is None or table.label in replaced)
    }
    return Preview(
        decides={
            **_of_backup(plan),
            "tables to restore": [table.label for table in plan.tables],
            "database": {"name": original.name, "oid": original.oid},
            "tables of the database": {table.label: f"{table.oid} {table.fingerprint}" for table in original.tables},
        },
        shown=_shown(plan, rows_now, now=now),
    )


def _of_backup(plan: RestorePlan) -> dict[str, JsonValue]:
    decides: dict[str, JsonValue] = {
        "way": plan.way.value,
        "backup": plan.backup,
        "manifest": plan.manifest_sha256,
    }
    return decides | ({"volumes": {volume.name: _place(volume) for volume in plan.volumes}} if plan.volumes else {})


def _place(volume: PlannedVolume) -> str:
    """The directory that gives way to a volume: its path, and which directory lies there now."""
    folder = volume.folder
    return f"{folder} {folder.stat().st_ino}" if folder and folder.exists() else f"{folder}, nothing"


def _shown(plan: RestorePlan, rows_now: dict[str, JsonValue], *, now: datetime) -> dict[str, JsonValue]:
    return {
        "taken_at": plan.manifest.snapshot.taken_at.isoformat(timespec="seconds"),
        "age_seconds": round((now - plan.manifest.snapshot.taken_at).total_seconds()),
        "rows_in_backup": plan.rows,
        "rows_now": rows_now,
    }


def _require_everything(plan: RestorePlan) -> None:
    if plan.manifest.kind not in LINKS:
        raise RefusedError(
            f"backup {plan.backup} is of kind {plan.manifest.kind} and does not hold everything, so it cannot take "
            "the original's place; choose a full or incremental one, or put its rows back with data_only=true"
        )


def _require_fresh_backup(place: BackupPlace, system: System, *, now: datetime) -> None:
    newest = place.newest()
    age = now - place.open(newest).manifest.snapshot.taken_at
    if kind_in(newest) not in LINKS or age > timedelta(hours=SAFETY_HOURS):
        raise RefusedError(
            f"rows that are replaced in the original are gone, and the newest whole backup of {system.name} is not "
            f"from the last {SAFETY_HOURS} hours; take one first: sereno run backup {system.name} kind=incremental"
        )
