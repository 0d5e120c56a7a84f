"""The files that the overview leaves behind besides its report: the tables with numbers as numbers."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

from sereno.overview import sheets
from sereno.overview.history import History
from sereno.overview.report import overview_sheets
from sereno.overview.snapshot import ALL
from sereno.reports.model import ReportFile
from sereno.reports.sheet import Cell, Sheet
from sereno.reports.workbook import workbook
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.whole_files import write_whole


def write_files(system: System, history: History, *, scope: str) -> tuple[ReportFile, ...]:
    """The tables of the day as a workbook and as JSON in `SERENO_HOME/reports`; one of each a system, scope and day.

    Raises:
        StorageError: one cannot be written.
    """
    today = history.today
    whose = system.name if scope == ALL else f"{system.name}-{re.sub(r'[^A-Za-z0-9_-]+', '-', scope[:60])}"
    name = f"{whose}-overview-{today.day.isoformat()}"
    tables = [*overview_sheets(system, history), sheets.history(history.snapshots)]
    folder = load_settings().home_path / "reports"
    folder.mkdir(parents=True, exist_ok=True)
    return (
        _written(folder / f"{name}.xlsx", workbook(tables, taken_at=today.taken_at)),
        _written(folder / f"{name}.json", tables_as_json(system.name, scope, history, tables)),
    )


def tables_as_json(system: str, scope: str, history: History, tables: Sequence[Sheet]) -> bytes:
    """UTF-8 JSON: `system, scope, day, taken_at, currency, tables[{title, columns, rows}]`; money is text."""
    today = history.today
    document = {
        "system": system,
        "scope": scope,
        "day": today.day.isoformat(),
        "taken_at": today.taken_at.isoformat(),
        "currency": today.currency,
        "tables": [
            {"title": each.title, "columns": each.columns, "rows": [[*map(_plain, row)] for row in each.rows]}
            for each in tables
        ],
    }
    return json.dumps(document, ensure_ascii=False, indent=1).encode()


def _plain(cell: Cell) -> str | int | None:
    return str(cell) if isinstance(cell, Decimal | date) else cell


def _written(path: Path, content: bytes) -> ReportFile:
    write_whole(path, content)
    digest = hashlib.sha256(content).hexdigest()
    return ReportFile(name=path.name, path=str(path), sha256=digest, bytes=len(content))
