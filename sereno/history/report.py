"""What the job `history` reports: figures, and the files that hold the events themselves."""

from __future__ import annotations

from collections.abc import Mapping

from sereno.history.page import Page
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Draft, Figure, ReportFile, ReportTable
from sereno.systems.sections.audit import EventKind


def page_report(system: str, page: Page, file: ReportFile) -> Draft:
    """The report of one page. Who did what stands in the file alone: a report names no person."""
    figures: dict[str, Figure] = {"rows_returned": len(page.events), **page.pagination()}
    more = f"; the next page begins at offset={page.next_offset}" if page.has_next else ""
    shown = human_count(len(page.events), "event")
    kinds, tables = "", tuple[ReportTable, ...]()
    if page.totals:
        kinds = _told(page.totals.by_kind)
        figures = {"rows": page.totals.rows, **figures}
        shown = f"{human_count(len(page.events))} of {human_count(page.totals.rows, 'event')}"
        tables = (_counted("kind", page.totals.by_kind), _counted("action", page.totals.by_action))
    return Draft(
        headline=f"{shown} of {system} ({page.origin}){kinds}{more}",
        figures={name: value for name, value in figures.items() if value is not None},
        files=(file,),
        tables=tables,
    )


def _told(counts: Mapping[str, int]) -> str:
    """The kinds of events, most first; nothing where nobody has said what is of which kind."""
    if set(counts) <= {EventKind.OTHER}:
        return ""
    return ": " + ", ".join(f"{number:,} {kind}" for kind, number in counts.items())


def export_report(system: str, origin: str, rows: int, file: ReportFile) -> Draft:
    """The report of an export."""
    sentence = f"{human_count(rows, 'event')} of {system} ({origin}) exported to {file.name}, {human_bytes(file.bytes)}"
    return Draft(headline=sentence, figures={"rows_exported": rows, "export_bytes": file.bytes}, files=(file,))


def _counted(what: str, counts: Mapping[str, int]) -> ReportTable:
    rows = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    cells = tuple((str(name), f"{number:,}") for name, number in rows)
    return ReportTable(title=f"Events by {what}", columns=(what, "events"), rows=cells)
