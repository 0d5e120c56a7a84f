"""Exports: CSV, and XLSX read without a library, since only columns and rows are asked for. Both are bounded."""

from __future__ import annotations

import csv
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from xml.etree import ElementTree

from sereno.smoke.grammar.problems import Unfit

MOST_CELLS = 2_000_000
LARGEST_PART_BYTES = 64 * 1024 * 1024
_NO_WORKBOOK = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError),  # damaged
    *(RuntimeError, ElementTree.ParseError, LookupError, ValueError),  # encrypted; of another form
)
_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_COLUMN = re.compile(r"([A-Z]{1,3})[0-9]+\Z")


@dataclass(frozen=True)
class Sheet:
    """A table: the first line names the columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    sheets: tuple[str, ...] = ()

    def column(self, name: str) -> list[str]:
        """The cells of a column.

        Raises:
            Unfit: there is no such column.
        """
        if name not in self.columns:
            raise Unfit(f"there is no column {name!r}")
        place = self.columns.index(name)
        return [row[place] for row in self.rows]


def csv_sheet(text: str) -> Sheet:
    """The table of a CSV file, by comma, semicolon or tab, whichever the header has.

    Raises:
        Unfit: it is empty, a page or JSON, or lines have different numbers of cells.
    """
    if text.lstrip()[:1] in {"<", "{", "["}:
        raise Unfit("the body is no CSV: it begins like a page or JSON")
    header = text.partition("\n")[0]
    separator = max(",;\t", key=header.count)
    rows: list[tuple[str, ...]] = []
    cells = 0
    try:
        for row in csv.reader(io.StringIO(text), delimiter=separator, strict=True):
            cells += len(row)
            if cells > MOST_CELLS:
                raise Unfit(f"the CSV has more than {MOST_CELLS:,} cells")
            if row:
                rows.append(tuple(row))
    except csv.Error as error:
        raise Unfit(f"the body is no CSV: {error}") from None
    if not rows:
        raise Unfit("the CSV is empty: not even a header")
    if wrong := next((number for number, row in enumerate(rows, 1) if len(row) != len(rows[0])), None):
        raise Unfit(f"row {wrong} of the CSV has {len(rows[wrong - 1])} cells, its header {len(rows[0])}")
    return Sheet(rows[0], tuple(rows[1:]))


def xlsx_sheet(body: bytes) -> Sheet:
    """The table of a workbook's first sheet.

    Raises:
        Unfit: it is no workbook, or too large.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            names = set(archive.namelist())
            sheets = [each.get("name", "") for each in _elements(archive, "xl/workbook.xml", "sheet")]
            strings = list(_strings(archive)) if "xl/sharedStrings.xml" in names else []
            first = sorted(name for name in names if re.fullmatch(r"xl/worksheets/sheet[0-9]+\.xml", name))
            rows = list(_rows(archive, first[0], strings)) if first else []
    except _NO_WORKBOOK as error:
        raise Unfit(f"the body is no XLSX workbook: {type(error).__name__}") from None
    if not rows:
        raise Unfit("the workbook's first sheet is empty: not even a header")
    width = len(rows[0])
    return Sheet(rows[0], tuple((*row, *[""] * (width - len(row)))[:width] for row in rows[1:]), tuple(sheets))


def _elements(archive: zipfile.ZipFile, part: str, tag: str) -> Iterator[ElementTree.Element]:
    """Each element called `tag` of a part, read as a stream and bounded."""
    if archive.getinfo(part).file_size > LARGEST_PART_BYTES:
        raise Unfit(f"the workbook's {part} is larger than {LARGEST_PART_BYTES:,} bytes")
    with archive.open(part) as file:
        bounded = io.BytesIO(file.read(LARGEST_PART_BYTES))
    for _, element in ElementTree.iterparse(bounded):  # noqa: S314 (bounded; expat refuses expanding entities)
        if element.tag == f"{_MAIN}{tag}":
            yield element
            element.clear()


def _strings(archive: zipfile.ZipFile) -> Iterator[str]:
    for item in _elements(archive, "xl/sharedStrings.xml", "si"):
        yield "".join(text.text or "" for text in item.iter(f"{_MAIN}t"))


def _rows(archive: zipfile.ZipFile, part: str, strings: list[str]) -> Iterator[tuple[str, ...]]:
    cells = 0
    for row in _elements(archive, part, "row"):
        line: list[str] = []
        for cell in row.iter(f"{_MAIN}c"):
            place = _place(cell.get("r", ""), len(line))
            line += [""] * (place - len(line))
            line.append(_cell(cell, strings))
        cells += len(line)
        if cells > MOST_CELLS:
            raise Unfit(f"the workbook has more than {MOST_CELLS:,} cells")
        yield tuple(line)


def _place(reference: str, default: int) -> int:
    """The column of a cell such as `C7`, counted from 0."""
    found = _COLUMN.match(reference)
    if not found:
        return default
    number = 0
    for letter in found[1]:
        number = number * 26 + ord(letter) - 64
    return max(number - 1, default)


def _cell(cell: ElementTree.Element, strings: list[str]) -> str:
    value = cell.findtext(f"{_MAIN}v") or ""
    if cell.get("t") == "s":
        return strings[int(value)]
    if cell.get("t") == "inlineStr":
        return "".join(text.text or "" for text in cell.iter(f"{_MAIN}t"))
    return value
