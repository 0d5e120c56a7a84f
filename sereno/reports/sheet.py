"""Tables with typed cells: shown in the report as text, and in the workbook as numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from sereno.reports.build import human_count
from sereno.reports.model import ReportTable

Cell = str | int | Decimal | date | None
NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Things side by side. A Decimal is money, shown to the cent."""

    title: str
    columns: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]

    def table(self) -> ReportTable:
        """The same for people."""
        return ReportTable(
            title=self.title, columns=self.columns, rows=tuple(tuple(map(told, row)) for row in self.rows)
        )


def told(cell: Cell) -> str:
    """One cell as people read it."""
    match cell:
        case None:
            return NOTHING
        case int():
            return human_count(cell)
        case Decimal():
            return f"{cell:,.2f}"
        case date():
            return f"{cell:%a} {cell.day} {cell:%b}"
        case _:
            return cell
