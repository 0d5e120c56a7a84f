"""What somebody wants of a history: a page, or everything from its offset on as a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from sereno.history.query import HistoryQuery, Origin


class ExportFormat(StrEnum):
    """What an export may be."""

    CSV = "csv"
    XLSX = "xlsx"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """Of which events, and in which form. `totals` are for a page."""

    origin: Origin = Origin.SERENO
    query: HistoryQuery = field(default_factory=lambda: HistoryQuery(limit=None))
    totals: bool = True
    export: ExportFormat | None = None
