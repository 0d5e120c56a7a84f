"""The verb `sereno history`: signature and help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter
from cyclopts.validators import Number

from sereno.cli.verbs import AsJson

_MOST = 2**31 - 1


def history(
    system: str,
    /,
    *,
    source: Literal["sereno", "system"] = "sereno",
    action: str = "",
    date_from: str = "",
    date_to: str = "",
    limit: Annotated[int | None, Parameter(validator=Number(gte=1, lte=_MOST))] = None,
    offset: Annotated[int, Parameter(validator=Number(gte=0, lte=_MOST))] = 0,
    sort_by: Literal["timestamp", "action", "model", "object_id", "user", "id"] = "timestamp",
    sort_dir: Literal["asc", "desc"] = "desc",
    no_totals: bool = False,
    export: Literal["csv", "xlsx"] | None = None,
    to: Path | None = None,
    as_json: AsJson = False,
) -> int:
    """What was done to a system, by whom, when? A page of it, or all as a file.

    Dates are taken, and times shown, in the system's time zone.

      sereno history point --action RUN_BACKUP --date-from 2026-11-01
      sereno history point --source system --sort-by user --sort-dir asc
      sereno history point --export xlsx --to november.xlsx

    Args:
        system: The system's name.
        source: `sereno` for what Sereno did; `system` for the system's own audit
            table, where its folder has sql/history.rows.sql.
        action: Only this action.
        date_from: Not before this time or day.
        date_to: Before this time; a day counts to its end.
        limit: At most so many: 100 on a page, all in an export, unless said.
        offset: Leave out so many at the beginning.
        sort_by: One of the columns.
        sort_dir: asc or desc; the newest first unless said.
        no_totals: Do not count all that match; much faster on a long history.
        export: Write everything that matches to a file: csv or xlsx.
        to: The export's file; one in SERENO_HOME/exports unless said.
        as_json: Print a JSON object with `filters`, `totals`, `pagination` and
            `items`, and nothing else; of an export, its report.
    """
    from sereno.cli.history_pages import print_history

    return print_history(
        system,
        source=source,
        filters={"action": action, "date_from": date_from, "date_to": date_to},
        limit=limit,
        offset=offset,
        order=(sort_by, sort_dir),
        totals=not no_totals,
        export=export,
        to=to,
        as_json=as_json,
    )
