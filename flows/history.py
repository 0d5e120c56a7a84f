"""The job `history`."""

from typing import Annotated, Literal

from pydantic import Field

from sereno.history.query import MOST_ROWS, Direction, HistoryQuery, Origin, SortBy, filters_of
from sereno.history.wish import ExportFormat, Wish
from sereno.reports.model import Report
from tasks.history import look_into
from tasks.job import job
from tasks.publish import publish
from tasks.systems import load_system


@job(run_name="history {system} {source}")
async def history(
    system: str,
    source: Origin = Origin.SERENO,
    action: str = "",
    date_from: str = "",
    date_to: str = "",
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None,
    offset: Annotated[int, Field(ge=0, le=MOST_ROWS)] = 0,
    sort_by: SortBy = SortBy.TIMESTAMP,
    sort_dir: Direction = Direction.DESCENDING,
    totals: bool = True,
    export: Literal["csv", "xlsx"] | None = None,
) -> Report:
    """Show what was done to one system, by whom and when: a page of events, or all of them as a file.

    When: to answer "who did that?", and on a schedule as an export for those who keep records elsewhere.

    What it changes: nothing. The events go to a file in SERENO_HOME/exports that only its owner may read, since they
    name people; the report shows counts. Delete files there that nobody needs any more.

    When it fails: the message says which filter is wrong, or that the system's folder has no `sql/history.rows.sql`,
    without which its own audit table is not known.

    Args:
        system: The system's name: a folder below `deployments/`.
        source: `sereno` for what Sereno did, from its audit chain; `system` for the system's own audit table.
        action: Only this action, such as `RUN_BACKUP` or `resend_notification`.
        date_from: Not before this time or day, such as `2026-11-23` or `2026-11-23T02:00:00`, in the system's time
            zone unless it has an offset.
        date_to: Before this time; a day counts to its end.
        limit: At most so many events: 100 on a page and at most 10,000; all in an export, unless said.
        offset: Leave out so many at the beginning; the report of a page says where the next one begins.
        sort_by: What to sort by.
        sort_dir: `desc` for the newest first.
        totals: Also count all events that match, by action. Without it a page of a long history is much faster.
        export: A file for a spreadsheet with everything that matches, instead of a page.
    """
    known = await load_system(system)
    filters = filters_of(known.zone, action=action, date_from=date_from, date_to=date_to)
    query = HistoryQuery(filters=filters, sort_by=sort_by, direction=sort_dir, limit=limit, offset=offset)
    wish = Wish(origin=source, query=query, totals=totals, export=ExportFormat(export) if export else None)
    return await publish(await look_into(known, wish))
