"""Tables as an Excel workbook: a sheet for each, with numbers as numbers."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from sereno.reports.sheet import NOTHING, Sheet

_MONEY = "#,##0.00"
_COUNT = "#,##0"
_DAY = "yyyy-mm-dd"
_NAME_LONGEST = 31  # of a sheet, by Excel
_LONGEST_CELL = 16_000  # Excel takes 32,767 UTF-16 units; xlsxwriter drops a longer text without a word


def workbook(sheets: Sequence[Sheet], *, taken_at: datetime) -> bytes:
    """The bytes of the .xlsx; the same for the same sheets and moment. Texts are only texts: no formula, no link."""
    import xlsxwriter

    content = io.BytesIO()
    book = xlsxwriter.Workbook(content, {"in_memory": True})
    book.set_properties({"created": taken_at.astimezone(UTC).replace(tzinfo=None)})
    header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
    styles = {kind: book.add_format({"num_format": kind}) for kind in (_MONEY, _COUNT, _DAY)}
    text = book.add_format({"num_format": "@"})
    for sheet in sheets:
        page = book.add_worksheet(sheet.title[:_NAME_LONGEST])
        page.set_column(0, 0, 30)
        page.set_column(1, max(1, len(sheet.columns) - 1), 16)
        for column, title in enumerate(sheet.columns):
            page.write_string(0, column, title, header)
        for line, cells in enumerate(sheet.rows, 1):
            for column, cell in enumerate(cells):
                match cell:
                    case None:
                        page.write_string(line, column, NOTHING, text)
                    case int():
                        page.write_number(line, column, cell, styles[_COUNT])
                    case Decimal():
                        page.write_number(line, column, float(cell), styles[_MONEY])  # Excel knows no other numbers
                    case date():
                        page.write_datetime(line, column, datetime.combine(cell, datetime.min.time()), styles[_DAY])
                    case _:
                        page.write_string(line, column, fitting(cell), text)
        page.freeze_panes(1, 1)
    book.close()
    return content.getvalue()


def fitting(text: str) -> str:
    """`text` as a cell holds it: one that is longer is cut and says so."""
    if len(text) <= _LONGEST_CELL:
        return text
    note = f"… cut: {len(text):,} characters in all"
    return text[: _LONGEST_CELL - len(note)] + note
