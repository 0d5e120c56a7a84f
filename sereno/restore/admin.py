"""The role that may create and rename databases on the system's server: `restore.admin_url`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg.conninfo import make_conninfo

from sereno.database.connection import connect, translated
from sereno.errors import ConfigurationError
from sereno.restore.chosen import RestorePlan
from sereno.restore.original import WHICH, Original
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore"
_POWERS = """
SELECT r.rolsuper, r.rolcreatedb, r.rolname,
       (SELECT o.rolname FROM pg_catalog.pg_class c JOIN pg_catalog.pg_roles o ON o.oid = c.relowner
        WHERE c.oid = 'pg_catalog.pg_class'::regclass)
FROM pg_catalog.pg_roles r WHERE r.rolname = current_user
"""


@contextmanager
def admin_session(system: System) -> Iterator[psycopg.Connection]:
    """A session of the role that may create and rename databases; each statement is its own transaction.

    Raises:
        ConfigurationError: the system's file names no such role.
    """
    with connect(admin_url(system).resolve(), purpose=_PURPOSE, read_only=False, autocommit=True) as connection:
        yield connection


def admin_url(system: System, *, database: str | None = None) -> Secret:
    """`restore.admin_url`, of another database of its server when one is named."""
    url = system.restore.admin_url
    if url is None:
        raise ConfigurationError(
            f"to restore the whole original, {system.name} needs restore.admin_url in its system.yaml: a role that "
            "may create and rename databases, on another database of the server such as postgres"
        )
    return url if database is None else Secret(make_conninfo(url.resolve(), dbname=database))


def require_powers(system: System, plan: RestorePlan, original: Original) -> None:
    """Refuse a role that could not put a whole database in the place of `original`.

    Raises:
        ConfigurationError: there is none, it is of another server, or it may not do it.
    """
    with admin_session(system) as connection, translated("looking at the role of restore.admin_url"):
        here = connection.execute(WHICH).fetchone() or ("", 0, None)
        there = connection.execute("SELECT oid FROM pg_catalog.pg_database WHERE datname = %s", (original.name,))
        same = here[2] == original.started_at and there.fetchone() == (original.oid,)
        superuser, creates, role, bootstrap = connection.execute(_POWERS).fetchone() or (False, False, "", "")
    if not same:
        raise ConfigurationError("restore.admin_url does not lead to the server of database.url")
    if here[0] == original.name:
        raise ConfigurationError(
            f"restore.admin_url leads to {original.name} itself, which cannot be renamed by a session inside it; "
            "let it lead to another database of the server, such as postgres"
        )
    others = set(plan.manifest.roles) - {role, bootstrap}
    if not superuser and (not creates or others):
        raise ConfigurationError(
            f"the role {role} of restore.admin_url cannot restore the whole original: it has to be a superuser"
            + (
                f", since things belong or are granted to {', '.join(sorted(others))}"
                if others
                else " or have CREATEDB"
            )
        )
