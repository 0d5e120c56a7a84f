"""The verbs below `sereno backups`: signatures and help texts."""

from __future__ import annotations

from cyclopts import App, Group

from sereno.cli.verbs import AsJson, Reports


def verbs(group: Group) -> App:
    """The command `backups`, which the help shows in `group`."""
    app = App(name="backups", group=group, help="List, show and verify the backups of a system.")
    app.command(list_backups, name="list")
    app.command(show)
    app.command(verify)
    return app


def list_backups(system: str, /, *, as_json: AsJson = False) -> int:
    """Which backups are there, of when, and how large?

    Oldest first. Needs no passphrase. How long each stays is what the retention
    rules make of it now; the date assumes that backups go on at their pace.

    Args:
        system: The system's name.
        as_json: Print a JSON object with `system`, `store` and `backups`, and nothing else.
    """
    from sereno.cli.backup_listing import print_list

    return print_list(system, as_json=as_json)


def show(system: str, backup: str = "latest", /, *, as_json: AsJson = False) -> int:
    """What does one backup hold, and where is it from?

    Shows the manifest as it lies in the store, and needs no passphrase. That
    nobody changed it, `sereno backups verify` proves.

    Args:
        system: The system's name.
        backup: An id from `sereno backups list`, or `latest`.
        as_json: Print a JSON object with the whole manifest, and nothing else.
    """
    from sereno.cli.backup_contents import print_contents

    return print_contents(system, backup, as_json=as_json)


def verify(system: str, backup: str = "all", /, *, reports: Reports = (), as_json: AsJson = False) -> int:
    """Can the backups be read? Every byte of them is.

    Fetches, authenticates, decrypts, unpacks and counts every object. The exit
    code is 1 when one is not what was written.

      sereno backups verify point           all backups
      sereno backups verify point latest    the newest one

    Args:
        system: The system's name.
        backup: An id from `sereno backups list`, `latest`, or `all`.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.backup_proof import print_proof

    return print_proof(system, backup, as_json=as_json, reports=reports)
