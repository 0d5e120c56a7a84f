"""The job `audit_search`."""

from typing import Annotated, Literal

from pydantic import Field

from sereno.history.query import MOST_ROWS, Direction, HistoryQuery, Origin, SortBy, filters_of
from sereno.history.wish import ExportFormat, Wish
from sereno.reports.model import Report
from sereno.systems.sections.audit import EventKind
from tasks.history import look_into
from tasks.job import job
from tasks.publish import publish
from tasks.systems import load_system


@job(run_name="audit search {system} {source}")
async def audit_search(
    system: str,
    source: Origin = Origin.SYSTEM,
    kind: EventKind | None = None,
    user: str = "",
    action: str = "",
    resource_type: str = "",
    text: str = "",
    date_from: str = "",
    date_to: str = "",
    limit: Annotated[int, Field(ge=1, le=MOST_ROWS)] | None = None,
    offset: Annotated[int, Field(ge=0, le=MOST_ROWS)] = 0,
    sort_by: SortBy = SortBy.TIMESTAMP,
    sort_dir: Direction = Direction.DESCENDING,
    totals: bool = True,
    export: Literal["csv", "xlsx"] | None = None,
) -> Report:
    """Search the audit trail of one system: logins, changes and views of sensitive data, permissions, configuration.

    When: to answer an auditor, a person who asks who saw their data, or "who did that?". It searches as `history` does,
    with the filters of an auditor; all that are given have to fit.

    What it changes: nothing, and it leaves an event of its own, since looking is an event too. What was found goes to a
    file in SERENO_HOME/exports that only its owner may read, since it names people; the report shows counts. The values
    of the form stand in the run's history: name people by their id, not by their name.

    When it fails: the message says which filter is wrong, or that the system's folder has no `sql/history.rows.sql`,
    without which its own audit table is not known.

    Args:
        system: The system's name: a folder below `deployments/`.
        source: `system` for the system's own audit table; `sereno` for what Sereno did, from its audit chain.
        kind: Only what an auditor calls so, by the section `audit` of the system.
        user: Only what this user did, as the events have it.
        action: Only this action, such as `DELETE` or `RUN_BACKUP`.
        resource_type: Only what was done to this kind of thing: a table, a model, a job.
        text: Only events that hold this text somewhere, whatever the case of its letters.
        date_from: Not before this time or day, such as `2026-11-23` or `2026-11-23T02:00:00`, in the system's time
            zone unless it has an offset.
        date_to: Before this time; a day counts to its end.
        limit: At most so many events: 100 on a page and at most 10,000; all in an export, unless said.
        offset: Leave out so many at the beginning; the report of a page says where the next one begins.
        sort_by: What to sort by.
        sort_dir: `desc` for the newest first.
        totals: Also count all events that match, by kind and action. Without it a page of a long trail is much faster.
        export: A file for a spreadsheet with everything that matches, instead of a page.
    """
    known = await load_system(system)
    filters = filters_of(
        known.zone,
        kind=kind,
        user=user,
        action=action,
        model=resource_type,
        text=text,
        date_from=date_from,
        date_to=date_to,
    )
    query = HistoryQuery(filters=filters, sort_by=sort_by, direction=sort_dir, limit=limit, offset=offset)
    wish = Wish(origin=source, query=query, totals=totals, export=ExportFormat(export) if export else None)
    return await publish(await look_into(known, wish))
