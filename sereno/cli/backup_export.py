"""`sereno backups export`: a backup as plain SQL in a folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sereno.cli.acting import act
from sereno.cli.progress_bar import progress_bar
from sereno.reports.model import Draft, Effect
from sereno.restore.export import export, plan_export
from sereno.restore.export_report import export_plan_report, export_report
from sereno.systems.model import System

JOB = "export_backup"


def export_backup(
    name: str,
    backup: str,
    folder: Path,
    *,
    tables: Sequence[str],
    store: str,
    keep_owners: bool,
    confirm_live: str,
    as_json: bool,
    reports: Sequence[Path],
) -> int:
    """Export `backup` of the system `name` to `folder`, or show what that would write; the exit code.

    It changes nothing in the system, so its effect is `read`; what is confirmed is that rows go to the disk in clear.
    Raises as `act` does.
    """

    def work(system: System, confirmed: bool) -> Draft:
        plan = plan_export(system, folder, backup=backup, tables=tables, store=store, keep_owners=keep_owners)
        if not confirmed:
            return export_plan_report(plan)
        with progress_bar(plan.restore.backup) as progress:
            return export_report(plan, export(plan, progress=progress))

    return act(JOB, name, work, confirm_live=confirm_live, effect=Effect.READ, as_json=as_json, reports=reports)
