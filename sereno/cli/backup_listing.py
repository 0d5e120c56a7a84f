"""`sereno backups list`: one line per backup, from the manifests as they lie in the store."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sereno.backup.keep import CalendarEntry, DatedBackup, KeepPolicy
from sereno.backup.manifest import Manifest
from sereno.backup.place import BackupPlace
from sereno.backup.retention import calendar
from sereno.cli.backup_proofs import Proofs, known_proofs
from sereno.cli.failures import complain
from sereno.cli.output import print_json, print_table, print_text
from sereno.errors import EXIT_DONE, EXIT_FAILED, IntegrityError, StorageError
from sereno.reports.build import human_bytes, human_count
from sereno.settings import load_settings
from sereno.systems.loader import load_system

_COLUMNS = (
    "id",
    "kind",
    "parent",
    "taken at",
    "rows",
    "size",
    "stored",
    "ratio",
    "stays until about",
    "last verified",
    "last drilled",
)
_NUMBERS = ("rows", "size", "stored", "ratio")


def print_list(name: str, *, store: str = "", as_json: bool) -> int:
    """Print the complete backups of the system `name` in one store, the first without a name; oldest first.

    One whose manifest cannot be read is complained about and hides none of the others; the exit code is 1 then.

    Raises:
        ConfigurationError: there is no such system, it has no backups configured, or BACKUP_RETENTION_DAYS is wrong.
        StorageError: the store cannot be listed.
    """
    system = load_system(name)
    keep = KeepPolicy.of(system, load_settings())
    place = BackupPlace.of(system, store=store)
    manifests: list[Manifest] = []
    problems: dict[str, str] = {}
    for identifier in place.identifiers():
        try:
            manifests.append(place.manifest(identifier))
        except (IntegrityError, StorageError) as error:
            problems[identifier] = str(error)
    proofs = known_proofs(system.name, place.store.name)
    backups = [DatedBackup.of(manifest) for manifest in manifests]
    damaged = {each.id for each in backups if proofs.damaged(each.id)}
    lines = calendar(backups, keep=keep, now=datetime.now(UTC), unreadable=problems, damaged=damaged)
    entries = {entry.backup.id: entry for entry in lines}
    if as_json:
        print_json(
            {
                "schema": "sereno.backups/1",
                "system": system.name,
                "store": place.store.name,
                "backups": [
                    {**_as_data(manifest, entries[manifest.id]), **_proofs_as_data(manifest, proofs)}
                    for manifest in manifests
                ],
                "unreadable": [{"id": identifier, "problem": problem} for identifier, problem in problems.items()],
            }
        )
    else:
        print_text(_answer(system.name, place.store.name, manifests, problems))
        if manifests:
            print_text("")
            rows = [
                (*_row(each, entries[each.id], system.zone), *_proofs(each, proofs, system.zone)) for each in manifests
            ]
            print_table(_COLUMNS, rows, numbers=_NUMBERS)
    for problem in problems.values():
        complain(problem)
    return EXIT_FAILED if problems else EXIT_DONE


def local_time(moment: datetime, zone: ZoneInfo) -> str:
    """`2026-11-23 02:00:13 WET`: a moment in a system's own time zone; as it is where that zone's calendar ends."""
    try:
        return moment.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    except (OverflowError, ValueError):  # a manifest that is only listed may say anything
        return moment.isoformat()


def ratio(plain_bytes: int, stored_bytes: int) -> str:
    """How many times smaller the stored bytes are: `4.3`."""
    return f"{plain_bytes / stored_bytes:.1f}" if stored_bytes else ""


def _answer(system: str, store: str, manifests: list[Manifest], problems: dict[str, str]) -> str:
    if not manifests and not problems:
        return f"{system} has no backups in store {store} yet; take one with `sereno run backup {system}`"
    stored = human_bytes(sum(manifest.stored_bytes for manifest in manifests))
    unreadable = f"; {human_count(len(problems))} more cannot be read" if problems else ""
    return f"{system} has {human_count(len(manifests), 'backup')} in store {store} ({stored}){unreadable}"


def _row(manifest: Manifest, entry: CalendarEntry, zone: ZoneInfo) -> tuple[str, ...]:
    return (
        manifest.id,
        manifest.kind.value,
        manifest.parent.id if manifest.parent else "",
        local_time(manifest.snapshot.taken_at, zone),
        human_count(manifest.rows),
        human_bytes(manifest.plain_bytes),
        human_bytes(manifest.stored_bytes),
        ratio(manifest.plain_bytes, manifest.stored_bytes),
        entry.until(zone),
    )


def _as_data(manifest: Manifest, entry: CalendarEntry) -> dict[str, Any]:
    return {
        "id": manifest.id,
        "kind": manifest.kind.value,
        "parent": manifest.parent.id if manifest.parent else None,
        "taken_at": manifest.snapshot.taken_at.isoformat(),
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "plain_bytes": manifest.plain_bytes,
        "stored_bytes": manifest.stored_bytes,
        "stays": entry.stays,
        "kept_by": [reason.rule.value for reason in entry.reasons],
        "expires_at": entry.expires_at.isoformat() if entry.expires_at else None,
    }


def _proofs(manifest: Manifest, proofs: Proofs, zone: ZoneInfo) -> tuple[str, str]:
    verified, drilled = proofs.verified_at(manifest.id), proofs.drilled.get(manifest.id)
    told = "damaged" if proofs.damaged(manifest.id) else local_time(verified, zone) if verified else "never"
    return told, local_time(drilled, zone) if drilled else "never"


def _proofs_as_data(manifest: Manifest, proofs: Proofs) -> dict[str, Any]:
    verified, drilled = proofs.verified_at(manifest.id), proofs.drilled.get(manifest.id)
    return {
        "verified_at": verified.isoformat() if verified else None,
        "damaged": proofs.damaged(manifest.id),
        "drilled_at": drilled.isoformat() if drilled else None,
    }
