"""What the role of a session may do and see, asked of the catalog; names are quoted as SQL needs them."""

from __future__ import annotations

from dataclasses import dataclass

import psycopg
from psycopg.rows import class_row

from sereno.database.connection import translated

_POWERS = """
    SELECT 'superuser' FROM pg_catalog.pg_roles WHERE rolname = current_user AND rolsuper
    UNION ALL
    SELECT 'member of ' || r.rolname FROM pg_catalog.pg_roles r JOIN pg_catalog.pg_roles me ON me.rolname = current_user
    WHERE r.rolname IN ('pg_execute_server_program', 'pg_write_server_files') AND NOT me.rolsuper
      AND pg_catalog.pg_has_role(r.oid, 'MEMBER')
    ORDER BY 1
"""

# relations of extensions count only where a dump holds their rows
_RELATIONS = """
    SELECT format('%I.%I', n.nspname, c.relname) AS name,
           c.relkind = 'S' AS is_sequence,
           NOT me.rolsuper AND pg_catalog.pg_has_role(c.relowner, 'USAGE') AS owned,
           c.relkind <> 'S' AND pg_catalog.row_security_active(c.oid) AS hides_rows,
           pg_catalog.has_schema_privilege(n.oid, 'USAGE')
             AND pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable
    FROM pg_catalog.pg_class c
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_roles me ON me.rolname = current_user
    WHERE c.relkind IN ('r', 'p', 'S') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_depend d JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'
          AND d.refclassid = 'pg_catalog.pg_extension'::regclass AND c.oid <> ALL (coalesce(e.extconfig, '{}')))
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """A table or a sequence of the system, as the session's role sees it."""

    name: str
    is_sequence: bool
    owned: bool
    """By the role or by one that it is a member of; false for a superuser, to whom the word says nothing."""
    hides_rows: bool
    """Whether row-level security applies to the role."""
    readable: bool

    def __str__(self) -> str:
        return f"sequence {self.name}" if self.is_sequence else self.name


def whereabouts(connection: psycopg.Connection) -> tuple[str, str, str]:
    """The server's version, the role and the database."""
    with translated("asking where this is"):
        cursor = connection.execute("SELECT current_setting('server_version'), current_user, current_database()")
        version, role, database = cursor.fetchone() or ("", "", "")
    return version, role, database


def powers(connection: psycopg.Connection) -> list[str]:
    """What lets the role reach past a read-only transaction: superuser, or the roles that run programs, write files."""
    with translated("asking what the role may do"):
        return [power for (power,) in connection.execute(_POWERS)]


def may_create_databases(connection: psycopg.Connection) -> bool:
    """Whether the role may create databases."""
    query = "SELECT rolsuper OR rolcreatedb FROM pg_catalog.pg_roles WHERE rolname = current_user"
    with translated("asking what the role may do"):
        return connection.execute(query).fetchone() == (True,)


def relations(connection: psycopg.Connection) -> list[Relation]:
    """The system's tables and sequences, sorted by name."""
    with translated("asking what the role may see"), connection.cursor(row_factory=class_row(Relation)) as cursor:
        return cursor.execute(_RELATIONS).fetchall()
