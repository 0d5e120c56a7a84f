"""`sereno backups verify`: every byte of the backups is read, and what was seen becomes a report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno.backup.place import LATEST, BackupPlace
from sereno.backup.read_back import ReadBack, read_whole
from sereno.cli.failures import complain
from sereno.cli.progress_bar import progress_bar
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import read_report
from sereno.errors import IntegrityError, SerenoError, StorageError, WrongPassphraseError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import note_reading
from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.model import Finding
from sereno.systems.loader import load_system

ALL = "all"
_MOST_SHOWN = 10  # problems of one backup


def print_proof(name: str, backup: str, *, store: str = "", as_json: bool, reports: Sequence[Path]) -> int:
    """Read `backup` (an id, `latest` or `all`) of the system `name`, print the report, write it to `reports`.

    A backup that is damaged, or that the passphrase does not open, is a failed finding and hides none of the others.

    Raises:
        ConfigurationError: there is no such system, it has no backups configured, the passphrase is missing, `backup`
            cannot be an id, or one of `reports` cannot be written.
        RefusedError: there is no such backup, or none at all.
        StorageError: the store cannot be listed.
    """
    require_places(reports)
    started_at = datetime.now(UTC)
    system = load_system(name)
    findings, read = [], []
    place = BackupPlace.of(system, store=store)
    for identifier in _chosen(place, backup):
        finding, result = _proven(place, identifier)
        findings.append(finding)
        read += [result] if result else []
    plain = sum(result.manifest.plain_bytes for result in read)
    stored = sum(result.manifest.stored_bytes for result in read)
    report = read_report(
        job="verify_backups",
        system=system.name,
        started_at=started_at,
        headline=headline(findings, _passed(system.name, read, plain)),
        findings=findings,
        figures={
            "backups": len(findings),
            "objects": sum(result.objects for result in read),
            "rows": sum(result.manifest.rows for result in read),
            "plain_bytes": plain,
            "stored_bytes": stored,
        },
    )
    return hand_over(report, as_json=as_json, files=reports)


def _chosen(place: BackupPlace, backup: str) -> list[str]:
    if backup == LATEST:
        return [place.newest()]
    if backup != ALL:
        return [backup]
    place.newest()
    return place.identifiers()


def _proven(place: BackupPlace, identifier: str) -> tuple[Finding, ReadBack | None]:
    name, at = f"backup {identifier} can be read", datetime.now(UTC)
    try:
        with progress_bar(identifier) as progress:
            read = read_whole(place.open(identifier), progress=progress)
    except (IntegrityError, WrongPassphraseError, StorageError) as error:
        if isinstance(error, IntegrityError):
            _remember(place, identifier, at=at, whole=False)
        return Finding(name=name, passed=False, evidence=str(error)), None
    _remember(place, identifier, at=at, whole=not read.problems)
    if read.problems:
        more = len(read.problems) - _MOST_SHOWN
        shown = [*read.problems[:_MOST_SHOWN], *([f"and {human_count(more)} more"] if more > 0 else [])]
        return Finding(name=name, passed=False, evidence="\n".join(shown)), read
    evidence = (
        f"{human_count(read.objects, 'object')} and {human_count(read.manifest.rows, 'row')} fetched, authenticated "
        f"and counted, {human_bytes(read.manifest.plain_bytes)}"
    )
    return Finding(name=name, passed=True, evidence=evidence), read


def _remember(place: BackupPlace, identifier: str, *, at: datetime, whole: bool) -> None:
    try:
        with open_ledger() as ledger:
            seen = {"system": place.system, "store": place.store.name, "backup": identifier}
            note_reading(ledger, **seen, at=at, whole=whole)
    except SerenoError as error:
        complain(f"that {identifier} was read is not remembered: {error}")


def _passed(system: str, read: list[ReadBack], plain_bytes: int) -> str:
    what = "the backup" if len(read) == 1 else f"all {human_count(len(read), 'backup')}"
    return f"{what} of {system} can be read: {human_bytes(plain_bytes)} fetched, authenticated and counted"
