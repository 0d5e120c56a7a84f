"""The verbs below `sereno report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from sereno.cli.verbs import FORMATS


def verbs(group: Group) -> App:
    """The command `report`, which the help shows in `group`."""
    app = App(name="report", group=group, help="Turn the report of an earlier run into another format.")
    app.command(render)
    return app


def render(
    report: Path,
    /,
    *,
    to: Annotated[tuple[Path, ...], Parameter(consume_multiple=False, help=f"The file to write: {FORMATS}")],
) -> int:
    """Write a report that was kept as JSON in another format.

    Each run leaves its report as JSON and HTML in SERENO_HOME/reports.

      sereno report render report.json --to report.pdf --to report.xlsx

    Args:
        report: A report as JSON.
        to: The files to write.
    """
    from sereno.cli.report_files import read_report_file, require_places, write_files

    require_places(to)
    return write_files(read_report_file(report), to)
