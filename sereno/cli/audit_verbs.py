"""The verbs below `sereno audit`: signatures and help texts."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number

from sereno.cli.verbs import AsJson, Reports


def verbs(group: Group) -> App:
    """The command `audit`, which the help shows in `group`."""
    app = App(name="audit", group=group, help="Read a system's audit chain, and prove that it is whole.")
    app.command(list_events, name="list")
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
