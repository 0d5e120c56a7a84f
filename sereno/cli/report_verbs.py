"""The verbs below `sereno report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from sereno.cli.verbs import FORMATS, AsJson, Reports


def verbs(group: Group) -> App:
    """The command `report`, which the help shows in `group`."""
    app = App(
        name="report", group=group, help="Prove a compliance report; turn the report of a run into another format."
    )
    app.command(render)
    app.command(verify)
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


def verify(file: Path, /, *, reports: Reports = (), as_json: AsJson = False) -> int:
    """Is a compliance report what was written, and is the history behind it?

    Compares every part of the report with the audit event that it is sealed in,
    the file with the digest that was noted, and the audit chain with what the
    stores remember. The JSON file says which part was edited.

      sereno report verify demo-compliance-2026-10-01-to-2026-10-31-en.json

    Args:
        file: The report, as JSON, PDF, HTML or workbook.
        reports: Also write the report on it to these files.
        as_json: Print the report on it as JSON and nothing else.
    """
    from sereno.cli.report_proof import print_proof

    return print_proof(file, as_json=as_json, reports=reports)
