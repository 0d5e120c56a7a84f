"""Rows as files for a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from xlsxwriter import Workbook

from infra.demo.api.database import Row

MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
COLUMNS = ("id", "timestamp", "user", "action", "effect", "model", "object_id", "payload")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Sequence[Row]) -> bytes:
    """The rows as CSV, header first; text that a spreadsheet would run as a formula gets a leading apostrophe."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        cells = (_cell(row[column]) for column in COLUMNS)
        writer.writerow(f"'{cell}" if cell.startswith(_FORMULA_STARTS) else cell for cell in cells)
    return text.getvalue().encode()


def as_xlsx(rows: Sequence[Row]) -> bytes:
    """The rows as a workbook with one sheet of text cells."""
    content = io.BytesIO()
    with Workbook(content, {"in_memory": True}) as workbook:
        sheet = workbook.add_worksheet("history")
        for line, cells in enumerate([COLUMNS, *([_cell(row[name]) for name in COLUMNS] for row in rows)]):
            for column, cell in enumerate(cells):
                sheet.write_string(line, column, cell)
    return content.getvalue()


def _cell(value: Any) -> str:
    if isinstance(value, dict | list):
        return json.dumps(value, ensure_ascii=False)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
