"""Bringing the ledger's tables up to what this version of Sereno expects. Alembic is loaded only when there is work."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from sereno.errors import ConfigurationError
from sereno.ledger.migrations import REVISION, VERSION_TABLE
from sereno.ledger.serial import wait_for_turn

_SCRIPTS = Path(__file__).parent / "migrations"


def is_current(connection: Connection) -> bool:
    """Whether the tables are what this version expects; two small queries."""
    return _revision(connection) == REVISION


def upgrade(connection: Connection, *, place: str) -> None:
    """Apply what is missing, all of it or nothing, inside the caller's transaction.

    Args:
        connection: in a transaction that writes and has done nothing yet.
        place: what messages call the ledger.

    Raises:
        ConfigurationError: the tables are of a version that this one does not know.
    """
    wait_for_turn(connection, name="sereno ledger migration")
    found = _revision(connection)
    if found == REVISION:
        return
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(_SCRIPTS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found is not None and found not in known:
        raise ConfigurationError(
            f"the ledger {place} was written by a newer Sereno (its schema is {found[:40]}, this one knows up to "
            f"{REVISION}); update Sereno, or let SERENO_HOME or SERENO_LEDGER_URL point to another ledger"
        )
    command.upgrade(config, REVISION)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found = connection.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608 (a constant)
    return str(found) if found is not None else None
