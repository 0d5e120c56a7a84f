"""The verbs below `sereno backups`: signatures and help texts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from cyclopts import App, Group, Parameter

from sereno.cli.verbs import AsJson, Confirmation, Reports


def verbs(group: Group) -> App:
    """The command `backups`, which the help shows in `group`."""
    app = App(name="backups", group=group, help="List, show, verify and export the backups of a system.")
    app.command(list_backups, name="list")
    app.command(show)
    app.command(verify)
    app.command(export)
    return app


def list_backups(system: str, /, *, store: str = "", as_json: AsJson = False) -> int:
    """Which backups are there, of when, and how large?

    Oldest first. Needs no passphrase. How long each stays is what the retention
    rules make of it now; the date assumes that backups go on at their pace.

    Args:
        system: The system's name.
        store: The store to look at; without a name, the first.
        as_json: Print a JSON object with `system`, `store` and `backups`, and nothing else.
    """
    from sereno.cli.backup_listing import print_list

    return print_list(system, store=store, as_json=as_json)


def show(system: str, backup: str = "latest", /, *, store: str = "", as_json: AsJson = False) -> int:
    """What does one backup hold, and where is it from?

    Shows the manifest as it lies in the store, and needs no passphrase. That
    nobody changed it, `sereno backups verify` proves.

    Args:
        system: The system's name.
        backup: An id from `sereno backups list`, or `latest`.
        store: The store to look at; without a name, the first.
        as_json: Print a JSON object with the whole manifest, and nothing else.
    """
    from sereno.cli.backup_contents import print_contents

    return print_contents(system, backup, store=store, as_json=as_json)


def verify(
    system: str, backup: str = "all", /, *, store: str = "", reports: Reports = (), as_json: AsJson = False
) -> int:
    """Can the backups be read? Every byte of them is.

    Fetches, authenticates, decrypts, unpacks and counts every object. The exit
    code is 1 when one is not what was written.

      sereno backups verify point           all backups
      sereno backups verify point latest    the newest one

    Args:
        system: The system's name.
        backup: An id from `sereno backups list`, `latest`, or `all`.
        store: The store to look at; without a name, the first.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.backup_proof import print_proof

    return print_proof(system, backup, store=store, as_json=as_json, reports=reports)


def export(
    system: str,
    backup: str = "latest",
    /,
    *,
    to: Path,
    tables: Annotated[tuple[str, ...], Parameter(consume_multiple=True)] = (),
    store: str = "",
    no_owner: bool = False,
    confirm_live: Confirmation = "",
    reports: Reports = (),
    as_json: AsJson = False,
) -> int:
    """Write a backup as plain SQL that gunzip and psql alone bring back.

    One .sql.gz for each table, the schema before and after the rows, and a
    README.txt with the commands. The files hold personal data in clear, so it is
    a dry run unless it is confirmed, and the audit chain tells of it.

      sereno backups export point --to /srv/exported
      sereno backups export point --to /srv/exported --confirm-live YES
      sereno backups export point --to /tmp/users --tables public.users

    Args:
        system: The system's name.
        backup: An id from `sereno backups list`, or `latest`.
        to: The folder; empty, or not there yet.
        tables: Only these; a partitioned table stands for its partitions.
        store: The store to read; without a name, the first that has the backup whole.
        no_owner: Leave out owners and grants, which take a superuser to load.
        confirm_live: YES to really do it.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.backup_export import export_backup

    return export_backup(
        system,
        backup,
        to,
        tables=tables,
        store=store,
        keep_owners=not no_owner,
        confirm_live=confirm_live,
        as_json=as_json,
        reports=reports,
    )
