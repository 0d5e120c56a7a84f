"""The files that the overview leaves behind besides its report."""

from __future__ import annotations

from sereno.overview import sheets
from sereno.overview.history import History
from sereno.overview.report import overview_sheets
from sereno.overview.snapshot import ALL
from sereno.overview.workbook import write_workbook
from sereno.reports.model import ReportFile
from sereno.settings import load_settings
from sereno.systems.model import System


def write_files(system: System, history: History, *, scope: str) -> tuple[ReportFile, ...]:
    """The workbook of the day in `SERENO_HOME/reports`; one for each system, scope and day.

    Raises:
        StorageError: it cannot be written.
    """
    whose = system.name if scope == ALL else f"{system.name}-{scope[:60]}"
    name = f"{whose}-overview-{history.today.day.isoformat()}"
    tables = [*overview_sheets(system, history), sheets.history(history.snapshots)]
    folder = load_settings().home_path / "reports"
    return (write_workbook(folder, name, tables, taken_at=history.today.taken_at),)
