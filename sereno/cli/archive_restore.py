"""`sereno archive restore`: archived rows back into their table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sereno.cli.acting import act
from sereno.cli.progress_bar import progress_bar
from sereno.maintenance.archive import Archive
from sereno.maintenance.restore import Restored, preview_archive, restore_archive
from sereno.reports.build import human_count
from sereno.reports.model import Draft, Effect, Finding
from sereno.systems.model import System

JOB = "restore_archive"


def bring_back(name: str, archive: str, *, confirm_live: str, as_json: bool, reports: Sequence[Path]) -> int:
    """Bring the rows of `archive` back, or show what that would do; the exit code. Raises as `act` does."""

    def work(system: System, confirmed: bool) -> Draft:
        found = Archive.found(system, archive)
        if not confirmed:
            return _report(preview_archive(system, found), live=False)
        with progress_bar(archive) as progress:
            return _report(restore_archive(system, found, progress=progress), live=True)

    return act(JOB, name, work, confirm_live=confirm_live, effect=Effect.LIVE, as_json=as_json, reports=reports)


def _report(restored: Restored, *, live: bool) -> Draft:
    words = "were brought back" if live else "would be brought back"
    there = restored.rows - restored.brought_back
    rest = f"; {human_count(there)} were there already" if there else ""
    headline = f"{human_count(restored.brought_back, 'row')} of {restored.table} {words} from {restored.archive}{rest}"
    whole = f"{human_count(restored.parts, 'part')}, {human_count(restored.rows, 'row')}: each is what was written"
    return Draft(
        headline=headline,
        figures={
            "parts": restored.parts,
            "rows": restored.rows,
            "brought_back" if live else "would_bring_back": restored.brought_back,
            "already_there": there,
        },
        findings=(Finding(name=f"archive {restored.archive} is whole", passed=True, evidence=whole),),
    )
