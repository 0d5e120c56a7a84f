"""Events as a file for a spreadsheet, row by row, so that memory does not grow with their number.

No cell is run: in CSV a text that a spreadsheet would take for a formula gets a leading apostrophe, in XLSX every text
is written as one.
"""

from __future__ import annotations

import csv
import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from sereno.errors import StorageError
from sereno.history.event import COLUMNS, HistoryEvent
from sereno.history.wish import ExportFormat
from sereno.reports.model import ReportFile
from sereno.reports.presentation import legible
from sereno.reports.to_csv import neutralised

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS_OF_A_SHEET = 1_048_576
_LONGEST_CELL = 32_767 // 2  # Excel counts UTF-16 units
_WIDTHS = (12, 32, 24, 30, 24, 24, 80)
_LARGEST_EXACT = 10**15  # Excel keeps 15 digits


def write_export(path: Path, events: Iterable[HistoryEvent], *, form: ExportFormat, zone: tzinfo) -> tuple[int, str]:
    """Write `events` to `path`, for the owner alone, whole or not at all; how many they were, and the SHA-256.

    Args:
        path: where; its folder has to be there.
        events: read one after the other.
        form: as what.
        zone: of the times.

    Raises:
        StorageError: the file cannot be written.
        SerenoError: whatever reading the events raises.
    """
    with _whole(path) as unfinished:
        cells = (event.cells(zone) for event in events)
        rows = _write_csv(unfinished, cells) if form is ExportFormat.CSV else write_xlsx(unfinished, cells)
        with unfinished.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    return rows, digest


def report_file(path: Path, digest: str) -> ReportFile:
    """The export as a report names it."""
    return ReportFile(name=path.name, path=str(path), sha256=digest, bytes=path.stat().st_size)


def write_xlsx(path: Path, rows: Iterable[tuple[int | str, ...]], *, rows_of_a_sheet: int = ROWS_OF_A_SHEET) -> int:
    """Write a workbook with as many sheets as it takes; how many rows they hold.

    Args:
        path: where.
        rows: cells in the order of COLUMNS.
        rows_of_a_sheet: with the header.
    """
    import xlsxwriter

    written = 0
    # constant_memory: each row goes to a temporary file before the next one begins
    with xlsxwriter.Workbook(str(path), {"constant_memory": True, "strings_to_urls": False}) as workbook:
        bold = workbook.add_format({"bold": True, "bottom": 1})
        sheet, line = None, 0
        for row in rows:
            if sheet is None or line == rows_of_a_sheet:
                sheet, line = _sheet(workbook, bold), 1
            for column, cell in enumerate(row):
                if isinstance(cell, int) and abs(cell) < _LARGEST_EXACT:
                    sheet.write_number(line, column, cell)
                else:
                    sheet.write_string(line, column, legible(str(cell))[:_LONGEST_CELL])
            line, written = line + 1, written + 1
        if sheet is None:
            _sheet(workbook, bold)
    return written


def _sheet(workbook: Workbook, bold: Format) -> Worksheet:
    sheet = workbook.add_worksheet()
    sheet.freeze_panes(1, 0)
    for column, (name, width) in enumerate(zip(COLUMNS, _WIDTHS, strict=True)):
        sheet.set_column(column, column, width)
        sheet.write_string(0, column, name, bold)
    return sheet


def _write_csv(path: Path, rows: Iterable[tuple[int | str, ...]]) -> int:
    written = 0
    with path.open("w", encoding="utf-8-sig", errors="backslashreplace", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for row in rows:
            writer.writerow([cell if isinstance(cell, int) else neutralised(cell) for cell in row])
            written += 1
    return written


@contextmanager
def _whole(path: Path) -> Iterator[Path]:
    """A file beside `path` that takes its place when the block ends well."""
    unfinished = path.with_name(f".{secrets.token_hex(8)}.part")
    try:
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        yield unfinished
        os.replace(unfinished, path)
    except OSError as error:
        raise StorageError(f"the export {path} could not be written: {error.strerror or error}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink()
