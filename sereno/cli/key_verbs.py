"""The verbs below `sereno keys`: signatures and help texts."""

from __future__ import annotations

from cyclopts import App, Group

from sereno.cli.verbs import AsJson, Confirmation, Reports


def verbs(group: Group) -> App:
    """The command `keys`, which the help shows in `group`."""
    app = App(name="keys", group=group, help="Show and rotate the key slots that open the backups of a system.")
    app.command(list_keys, name="list")
    app.command(rotate)
    return app


def list_keys(system: str, /, *, as_json: AsJson = False) -> int:
    """Which passphrase opens which backup?

    One line for each key slot of each backup in each store. "none known" is a
    slot that no passphrase opens that can be had here. Deriving a key takes a
    while by design: allow a second for two or three backups.

    Args:
        system: The system's name.
        as_json: Print a JSON object with `system` and `backups`, and nothing else.
    """
    from sereno.cli.key_listing import print_keys

    return print_keys(system, as_json=as_json)


def rotate(system: str, /, *, confirm_live: Confirmation = "", reports: Reports = (), as_json: AsJson = False) -> int:
    """Give every backup the key slots that system.yaml asks for, and no other.

    A dry run, unless it is confirmed. Nothing but keys.json changes, in every
    store. It can be broken off at any time and run again. Put the new passphrase
    into `passphrase` and the old one into `previous_passphrases` before; see
    docs/runbooks/rotate-keys.md, also for what this cannot revoke.

      sereno keys rotate point
      sereno keys rotate point --confirm-live YES

    Args:
        system: The system's name.
        confirm_live: YES to really do it.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.key_rotation import rotate_keys

    return rotate_keys(system, confirm_live=confirm_live, as_json=as_json, reports=reports)
