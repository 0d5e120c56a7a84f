"""The verbs below `sereno archive`: signatures and help texts."""

from __future__ import annotations

from cyclopts import App, Group

from sereno.cli.verbs import AsJson, Confirmation, Reports


def verbs(group: Group) -> App:
    """The command `archive`, which the help shows in `group`."""
    app = App(name="archive", group=group, help="List the rows that purges archived, and bring them back.")
    app.command(list_archives, name="list")
    app.command(restore)
    return app


def list_archives(system: str, /, *, as_json: AsJson = False) -> int:
    """Which archives are there, of which purge, and how large?

    Oldest first. A purge with `archive: true` leaves one archive for each run.

    Args:
        system: The system's name.
        as_json: Print a JSON object with `system`, `store` and `archives`, and nothing else.
    """
    from sereno.cli.archive_listing import print_archives

    return print_archives(system, as_json=as_json)


def restore(
    system: str, archive: str, /, *, confirm_live: Confirmation = "", reports: Reports = (), as_json: AsJson = False
) -> int:
    """Bring archived rows back into their table.

    Rows that are there already stay as they are, so it can be repeated. It is a
    dry run unless it is confirmed.

      sereno archive restore point 20261124T030000Z-api_logs-5f0c9a1e
      sereno archive restore point 20261124T030000Z-api_logs-5f0c9a1e --confirm-live YES

    Args:
        system: The system's name.
        archive: An id from `sereno archive list`.
        confirm_live: YES to really do it.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.archive_restore import bring_back

    return bring_back(system, archive, confirm_live=confirm_live, as_json=as_json, reports=reports)
