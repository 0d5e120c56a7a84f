"""The verbs below `sereno datamap`: signatures and help texts."""

from __future__ import annotations

from pathlib import Path

from cyclopts import App, Group

from sereno.cli.verbs import AsJson, Reports


def verbs(group: Group) -> App:
    """The command `datamap`, which the help shows in `group`."""
    app = App(name="datamap", group=group, help="Which personal data does a system hold, and why?")
    app.command(check)
    app.command(draft)
    return app


def check(system: str, /, *, reports: Reports = (), as_json: AsJson = False) -> int:
    """Does the data map say what the live schema says? No row is read.

    A column that looks personal and is not mapped fails, and so does one that is
    mapped and gone.

      sereno datamap check point

    Args:
        system: The system's name.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.data_map import print_check

    return print_check(system, as_json=as_json, reports=reports)


def draft(system: str, /, *, to: Path | None = None) -> int:
    """Propose a data map from the database's catalog. No row is read.

    What deployments/SYSTEM/data_map.yaml says already stays as it is; what it does
    not know is added. Every guess is for somebody who knows to read.

      sereno datamap draft point
      sereno datamap draft point --to proposal.yaml

    Args:
        system: The system's name.
        to: The file to write, which may not exist yet; the terminal unless said.
    """
    from sereno.cli.data_map import write_draft

    return write_draft(system, to)
