"""What the job `history` reports: figures, and the files that hold the events themselves."""

from __future__ import annotations

from sereno.history.page import Page
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Draft, Figure, ReportFile, ReportTable


def page_report(system: str, page: Page, file: ReportFile) -> Draft:
    """The report of one page. Who did what stands in the file alone: a report names no person."""
    figures: dict[str, Figure] = {"rows_returned": len(page.events), **page.pagination()}
    more = f"; the next page begins at offset={page.next_offset}" if page.has_next else ""
    shown = human_count(len(page.events), "event")
    tables: tuple[ReportTable, ...] = ()
    if page.totals:
        figures = {"rows": page.totals.rows, **figures}
        shown = f"{human_count(len(page.events))} of {human_count(page.totals.rows, 'event')}"
        tables = (_by_action(page.totals.by_action),)
    return Draft(
        headline=f"{shown} of {system} ({page.origin}){more}",
        figures={name: value for name, value in figures.items() if value is not None},
        files=(file,),
        tables=tables,
    )


def export_report(system: str, origin: str, rows: int, file: ReportFile) -> Draft:
    """The report of an export."""
    sentence = f"{human_count(rows, 'event')} of {system} ({origin}) exported to {file.name}, {human_bytes(file.bytes)}"
    return Draft(headline=sentence, figures={"rows_exported": rows, "export_bytes": file.bytes}, files=(file,))


def _by_action(counts: dict[str, int]) -> ReportTable:
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return ReportTable(
        title="Events by action", columns=("action", "events"), rows=tuple((name, f"{n:,}") for name, n in rows)
    )
