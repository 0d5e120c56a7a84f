"""What `sereno history` prints."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, tzinfo
from pathlib import Path

from sereno.cli.output import print_json, print_report, print_table, print_text
from sereno.cli.reporting import exit_code
from sereno.errors import EXIT_DONE, ConfigurationError
from sereno.history.event import COLUMNS, HistoryEvent
from sereno.history.look import export as write_export
from sereno.history.look import new_path, page_of
from sereno.history.page import Page
from sereno.history.query import Direction, HistoryQuery, Origin, SortBy, filters_of
from sereno.history.wish import ExportFormat, Wish
from sereno.reports.build import human_count, shortened
from sereno.reports.model import Effect, Report, Result
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.sections.audit import EventKind

_LONGEST_PAYLOAD = 120  # characters


def print_history(
    name: str,
    *,
    source: str,
    filters: Mapping[str, str],
    kind: str = "",
    limit: int | None,
    offset: int,
    order: tuple[str, str],
    totals: bool,
    export: str | None,
    to: Path | None,
    as_json: bool,
) -> int:
    """Print a page of the history of the system `name`, or write all of it to a file; the exit code.

    `filters` are those of `filters_of`, as they were written.

    Raises:
        ConfigurationError: there is no such system, or what was asked for makes no sense.
        SerenoError: the source cannot be read, or the file not be written.
    """
    system = load_system(name)
    wanted = filters_of(system.zone, **filters, kind=EventKind(kind) if kind else None)
    sort_by, direction = SortBy(order[0]), Direction(order[1])
    query = HistoryQuery(filters=wanted, sort_by=sort_by, direction=direction, limit=limit, offset=offset)
    form = _format(export, to)
    wish = Wish(origin=Origin(source), query=query, totals=totals, export=form)
    if form:
        return _print_export(system, wish, to or new_path(system, wish.origin, form.value), as_json=as_json)
    page = page_of(system, wish)
    if as_json:
        print_json(page.as_json(system.name, system.zone))
        return EXIT_DONE
    _print_page(system, page)
    return EXIT_DONE


def _format(export: str | None, to: Path | None) -> ExportFormat | None:
    """What to write: as `export` says, else as the name of `to` does."""
    if to is None:
        return ExportFormat(export) if export else None
    suffix = to.suffix.removeprefix(".").lower()
    if suffix not in set(ExportFormat) or export not in (None, suffix):
        wanted = f".{export}" if export else ".csv or .xlsx"
        raise ConfigurationError(f"the name of the export {to.name!r} has to end with {wanted}")
    if not to.absolute().parent.is_dir():
        raise ConfigurationError(f"the export cannot be written to {to}: its folder does not exist")
    return ExportFormat(suffix)


def _print_export(system: System, wish: Wish, path: Path, *, as_json: bool) -> int:
    started_at = datetime.now(UTC)
    draft = write_export(system, wish, path)
    report = Report(
        job="history",
        system=system.name,
        effect=Effect.READ,
        result=Result.PASSED,
        headline=draft.headline,
        started_at=started_at,
        finished_at=datetime.now(UTC),
        figures=draft.figures,
        files=draft.files,
    )
    print_report(report, as_json=as_json)
    return exit_code(report)


def _print_page(system: System, page: Page) -> None:
    shown = human_count(len(page.events), "event")
    if page.totals:
        counts = ", ".join(f"{action} {number:,}" for action, number in page.totals.by_action.items())
        shown = f"{len(page.events):,} of {human_count(page.totals.rows, 'event')}" + (f" ({counts})" if counts else "")
    print_text(shown)
    if page.events:
        print_text("")
        print_table(COLUMNS, [_row(event, system.zone) for event in page.events])
    if page.has_next:
        print_text(f"\nthe next page: --offset {page.next_offset}")


def _row(event: HistoryEvent, zone: tzinfo) -> list[str]:
    cells = dict(zip(COLUMNS, map(str, event.cells(zone)), strict=True))
    cells["timestamp"] = event.timestamp.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    return [*(cells[name] for name in COLUMNS[:-1]), shortened(cells["payload"], _LONGEST_PAYLOAD)]
