"""The roles, the schema and the rows of the demo database; each step does nothing when it was done before."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import psycopg
from psycopg import sql

from sereno.database.connection import translated

OWNER = "salon_owner"
READER = "salon_reader"
DATABASE = "salon"
_HERE = Path(__file__).parent


def create_roles(superuser_url: str, *, owner_password: str, reader_password: str) -> None:
    """Create the two roles, or give those that are there these passwords, and the empty database.

    Args:
        superuser_url: where the superuser may connect.
        owner_password: of the role that owns everything.
        reader_password: of the role that may read everything, also what other roles do, and nothing else.
    """
    with translated("creating the demo's roles"), psycopg.connect(superuser_url, autocommit=True) as connection:
        for role, password in ((OWNER, owner_password), (READER, reader_password)):
            there = connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
            command = sql.SQL("{} ROLE {} LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD {}")
            verb = sql.SQL("ALTER" if there else "CREATE")
            connection.execute(command.format(verb, sql.Identifier(role), sql.Literal(password)))
        connection.execute(sql.SQL("GRANT pg_read_all_stats TO {}").format(sql.Identifier(READER)))
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
            names = {
                "database": sql.Identifier(DATABASE),
                "owner": sql.Identifier(OWNER),
                "reader": sql.Identifier(READER),
            }
            connection.execute(sql.SQL("CREATE DATABASE {database} OWNER {owner}").format(**names))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {database} FROM PUBLIC").format(**names))
            connection.execute(sql.SQL("GRANT CONNECT ON DATABASE {database} TO {reader}").format(**names))


def fill(owner_url: str, *, scale: float, reference: datetime) -> bool:
    """Create the schema and its rows in one transaction, unless they are there.

    Args:
        owner_url: the empty database, as its owner.
        scale: 1 is about 100,000 rows.
        reference: the moment that is "now" in the rows.

    Returns:
        Whether anything was created.

    Raises:
        SerenoError: the database refuses; nothing was created then.
    """
    with translated("filling the demo database"), psycopg.connect(owner_url) as connection:
        if connection.execute("SELECT to_regclass('public.plans')").fetchone() != (None,):
            return False
        for name, value in (("demo.scale", str(scale)), ("demo.reference", reference.isoformat())):
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        for kind in ("TABLES", "SEQUENCES"):
            grant = sql.SQL("ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT ON {} TO {}")
            connection.execute(grant.format(sql.SQL(kind), sql.Identifier(READER)))
        for file in ("schema.sql", "data.sql"):
            connection.execute((_HERE / file).read_bytes())
    with translated("analyzing the demo database"), psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return True
