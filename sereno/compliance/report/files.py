"""The files of a report: written below SERENO_HOME, copied to the system's stores, and deleted when their time is over.

Every report has a folder of its own, called by the day on which it was written and by the event in which it is sealed
with the beginning of its hash: `SERENO_HOME/reports/compliance/<system>/2026-11-01-event-412-1f3a9c2b/`, and below
`_reports/<system>/` in each store. No system can be called `_reports`, so it lies beside the backups.
"""

from __future__ import annotations

import hashlib
import re
import shutil
from collections.abc import Iterable
from contextlib import suppress
from datetime import date
from pathlib import Path

from dateutil.relativedelta import relativedelta

from sereno.backup.place import BackupPlace
from sereno.compliance.content import SealedReport
from sereno.compliance.looking import section_of
from sereno.compliance.period import is_month
from sereno.compliance.report import to_html, to_pdf, to_xlsx
from sereno.compliance.report.paging import page_of
from sereno.compliance.report.sealing import note_files
from sereno.errors import SerenoError, StorageError
from sereno.ledger import open_ledger
from sereno.ledger.compliance_scores import ScoreRecord, note_score
from sereno.reports.build import human_count
from sereno.reports.model import Finding, ReportFile
from sereno.settings import load_settings
from sereno.stores.protocol import Store
from sereno.systems.model import System
from sereno.whole_files import write_whole

_STORES_FOLDER = "_reports"
_FOLDER = re.compile(r"(\d{4}-\d{2}-\d{2})-event-\d+-[0-9a-f]{8}")


def rendered(sealed: SealedReport) -> dict[str, bytes]:
    """The report as PDF, HTML, workbook and JSON, by the names of the files; equal reports give equal bytes."""
    content, page = sealed.content, page_of(sealed)
    period = f"{content.period.since}-to-{content.period.until}"
    stem = f"{content.system}-compliance-{period}-{content.language.value}"
    return {
        f"{stem}.pdf": to_pdf.render(page, generated_at=content.generated_at),
        f"{stem}.html": to_html.render(page),
        f"{stem}.xlsx": to_xlsx.render(sealed),
        f"{stem}.json": sealed.model_dump_json(indent=1).encode() + b"\n",
    }


def write_files(system: System, sealed: SealedReport, *, run_id: str | None) -> tuple[ReportFile, ...]:
    """Write the report's files, note their digests in the audit chain and its score for the trend.

    Reports below SERENO_HOME whose time is over are deleted. The score of a whole month alone is a point of the trend.

    Raises:
        StorageError: one cannot be written.
        SerenoError: the ledger cannot be written.
    """
    folder = _home(system.name) / _folder_of(sealed)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"the folder {folder} could not be made: {error.strerror}") from None
    files = tuple(_written(folder / name, content) for name, content in rendered(sealed).items())
    note_files(sealed, files, run_id=run_id)
    _note_score(sealed)
    _forget_old(_home(system.name), _oldest(system, sealed))
    return files


def store_files(system: System, sealed: SealedReport, files: Iterable[ReportFile]) -> tuple[Finding, ...]:
    """Copy the files to every store of the system, and delete the reports there whose time is over; a finding each."""
    paths = [Path(file.path) for file in files]
    oldest = _oldest(system, sealed)
    findings = []
    for place in BackupPlace.all_of(system, load_settings()) if system.backup else ():
        name = f"the report lies in store {place.store.name}"
        try:
            deleted = _store(place.store, system.name, _folder_of(sealed), paths, oldest)
        except SerenoError as error:
            findings.append(Finding(name=name, passed=False, evidence=str(error)))
            continue
        evidence = f"{_STORES_FOLDER}/{system.name}/{_folder_of(sealed)}"
        if deleted:
            evidence += f"; {human_count(deleted, 'report')} from before {oldest} deleted"
        findings.append(Finding(name=name, passed=True, evidence=evidence))
    return tuple(findings)


def _note_score(sealed: SealedReport) -> None:
    content = sealed.content
    if not is_month(content.period):
        return
    outcomes = {each.name: each.outcome.value for each in content.controls}
    score = ScoreRecord(until=content.period.until, value=content.score.value, outcomes=outcomes)
    with open_ledger(load_settings()) as ledger:
        note_score(ledger, content.system, score, at=content.generated_at)


def _forget_old(home: Path, oldest: date) -> None:
    for name in _over((folder.name for folder in home.iterdir()), oldest):
        with suppress(OSError):
            shutil.rmtree(home / name)


def _store(store: Store, system: str, folder: str, paths: Iterable[Path], oldest: date) -> int:
    for path in paths:
        name = f"{_STORES_FOLDER}/{system}/{folder}/{path.name}"
        if not store.exists(name):
            with store.create(name) as sink:
                sink.write(path.read_bytes())
    over = _over(store.folders(f"{_STORES_FOLDER}/{system}"), oldest)
    for each in over:
        store.delete_folder(f"{_STORES_FOLDER}/{system}/{each}")
    return len(over)


def _over(folders: Iterable[str], oldest: date) -> list[str]:
    found = ((name, _FOLDER.fullmatch(name)) for name in folders)
    return sorted(name for name, match in found if match and match[1] < oldest.isoformat())


def _oldest(system: System, sealed: SealedReport) -> date:
    kept = relativedelta(months=section_of(system).keep_reports_months)
    return date.fromordinal((sealed.content.generated_at - kept).toordinal())


def _folder_of(sealed: SealedReport) -> str:
    return f"{sealed.content.generated_at:%Y-%m-%d}-event-{sealed.sealed.sequence}-{sealed.sealed.hash[:8]}"


def _home(system: str) -> Path:
    return load_settings().home_path / "reports" / "compliance" / system


def _written(path: Path, content: bytes) -> ReportFile:
    write_whole(path, content)
    return ReportFile(name=path.name, path=str(path), sha256=hashlib.sha256(content).hexdigest(), bytes=len(content))
