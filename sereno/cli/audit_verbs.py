"""The verbs below `sereno audit`: signatures and help texts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number

from sereno.cli.verbs import AsJson, Reports

Kind = Literal["login", "data-change", "data-access", "permission-change", "backup", "configuration-change", "other"]


def verbs(group: Group) -> App:
    """The command `audit`, which the help shows in `group`."""
    app = App(name="audit", group=group, help="Read a system's audit chain, and prove that it is whole.")
    app.command(list_events, name="list")
    app.command(search)
    app.command(verify)
    return app


def list_events(
    system: str,
    /,
    *,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Annotated[int, Parameter(validator=Number(gte=1, lt=2**31))] = 50,
    offset: Annotated[int, Parameter(validator=Number(gte=0, lt=2**31))] = 0,
    as_json: AsJson = False,
) -> int:
    """Who did what, when, and how did it end? Newest first.

    Times are shown, and read, in the system's time zone.

      sereno audit list point --action RUN_RESTORE --since 2026-11-01

    Args:
        system: The system's name.
        action: Only this action, such as RUN_BACKUP or PREVIEW_RESTORE.
        since: Not before this time.
        until: Before this time.
        limit: At most so many events; 50 unless said.
        offset: Leave out so many of the newest ones.
        as_json: Print a JSON object with `system` and `events`, and nothing else.
    """
    from sereno.cli.audit_trail import print_events

    return print_events(system, action=action, since=since, until=until, limit=limit, offset=offset, as_json=as_json)


def search(
    system: str,
    /,
    *,
    source: Literal["system", "sereno"] = "system",
    kind: Kind | None = None,
    user: str = "",
    action: str = "",
    resource_type: str = "",
    text: str = "",
    date_from: str = "",
    date_to: str = "",
    limit: Annotated[int | None, Parameter(validator=Number(gte=1, lt=2**31))] = None,
    offset: Annotated[int, Parameter(validator=Number(gte=0, lt=2**31))] = 0,
    no_totals: bool = False,
    export: Literal["csv", "xlsx"] | None = None,
    to: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """Who logged in, saw, or changed what? The newest first; all filters have to fit.

    Dates are taken, and times shown, in the system's time zone.

      sereno audit search fvstudios --user 123 --resource-type client_data
      sereno audit search demo --kind permission-change --date-from 2026-11-01
      sereno audit search point --source sereno --text restore --export xlsx

    Args:
        system: The system's name.
        source: `system` for the system's own audit table, where its folder has
            sql/history.rows.sql; `sereno` for what Sereno did.
        kind: What an auditor calls it, by the section audit of the system.
        user: Only this user, as the events have it.
        action: Only this action.
        resource_type: Only what was done to this table, model or job.
        text: Somewhere in the event, whatever the case of its letters.
        date_from: Not before this time or day.
        date_to: Before this time; a day counts to its end.
        limit: At most so many: 100 on a page, all in an export, unless said.
        offset: Leave out so many of the newest.
        no_totals: Do not count all that match; much faster on a long trail.
        export: Write everything that matches to a file: csv or xlsx.
        to: The export's file; one in SERENO_HOME/exports unless said.
        as_json: Print a JSON object with `filters`, `totals`, `pagination` and
            `items`, and nothing else; of an export, its report.
    """
    from sereno.cli.history_pages import print_history

    filters = {"user": user, "action": action, "model": resource_type, "text": text}
    dates = {"date_from": date_from, "date_to": date_to}
    return print_history(
        system,
        source=source,
        filters={**filters, **dates},
        kind=kind or "",
        limit=limit,
        offset=offset,
        order=("timestamp", "desc"),
        totals=not no_totals,
        export=export,
        to=to,
        as_json=as_json,
    )


def verify(
    system: str,
    /,
    *,
    against: Annotated[tuple[Path, ...], Parameter(consume_multiple=False)] = (),
    reports: Reports = (),
    as_json: AsJson = False,
) -> int:
    """Is the audit chain whole? Names the first broken link.

    A chain whose end was cut off, or that was written anew, looks whole by
    itself. Reports and backups carry the chain's head of their time, so compare
    with one that was kept elsewhere:

      sereno audit verify point --against report.json --against manifest.jsonl

    Args:
        system: The system's name.
        against: A report as JSON, a backup's manifest.jsonl, or a JSON list of
            {"sequence": 1, "hash": "..."}; can be given several times.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.audit_trail import print_verification

    return print_verification(system, against, as_json=as_json, reports=reports)
