"""The tables that a database has already: do a backup's rows fit into them, and which of them can be emptied."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import errors, sql

from sereno.backup.catalog import TableSource, read_tables
from sereno.backup.manifest import Table
from sereno.errors import RefusedError

_NAMED = 5
_REFERENCES = """
SELECT conrelid::bigint, confrelid::bigint FROM pg_catalog.pg_constraint
WHERE contype = 'f' AND conrelid <> confrelid
"""

Reference = tuple[int, int]
"""The oids of a table with a foreign key, and of the table that it refers to."""


@dataclass(frozen=True)
class PresentTables:
    """What is there for the rows of a restore, all by the oids of the database that is filled."""

    everything: tuple[TableSource, ...]
    chosen: tuple[TableSource, ...]
    """In the order of the backup's tables."""
    emptied: frozenset[int]
    """What one TRUNCATE can empty: tables, and partitioned ones of which every partition is chosen."""

    @property
    def members(self) -> frozenset[int]:
        """The chosen tables, and the partitioned ones of which every partition is chosen."""
        return with_whole_parents({table.oid for table in self.chosen}, self.everything)


def find_tables(connection: psycopg.Connection, tables: Sequence[Table], *, overwrite: bool) -> PresentTables:
    """The tables of a database into which the rows of `tables` go.

    Args:
        connection: a session whose search_path is empty, so that types are written as in the backup.
        tables: as the backup holds them.
        overwrite: the tables may hold rows, which will be deleted; else they have to be empty.

    Raises:
        RefusedError: one is missing, has other columns, is not empty, or cannot be emptied.
    """
    everything = read_tables(connection)
    by_label = {table.label: table for table in everything if table.has_rows}
    _refuse([problem for table in tables if (problem := unfit(table, by_label.get(table.label)))])
    chosen = tuple(by_label[table.label] for table in tables)
    members = with_whole_parents({table.oid for table in chosen}, everything)
    references = [(child, parent) for child, parent in connection.execute(_REFERENCES)]
    emptied = can_be_emptied(members, references)
    stuck = [table for table in chosen if table.oid not in emptied]
    if overwrite:
        _refuse(_referenced(stuck, members, references, everything))
    else:
        _refuse([f"{table.label} has rows already" for table in chosen if _has_rows(connection, table)])
        _refuse([f"{table.label} has pages without rows; run VACUUM on it first" for table in stuck if table.pages])
    return PresentTables(everything=everything, chosen=chosen, emptied=emptied)


def require_skipped_triggers(connection: psycopg.Connection) -> None:
    """From here to the end of the transaction neither foreign keys are checked nor triggers fired.

    Raises:
        RefusedError: the role may not say so.
    """
    try:
        connection.execute("SET LOCAL session_replication_role = replica")
    except errors.InsufficientPrivilege:
        role = connection.info.user
        raise RefusedError(
            f"the role {role} may not set session_replication_role, without which rows cannot be loaded past foreign "
            "keys and triggers; use a superuser, or as one, from PostgreSQL 15 on, "
            f"GRANT SET ON PARAMETER session_replication_role TO {role}"
        ) from None


def unfit(table: Table, present: TableSource | None) -> str | None:
    """Why the rows of `table` do not fit; None when they do.

    Columns may stand in another order, and generated ones, which no backup copies, may be others.
    """
    if present is None:
        return f"{table.label} is not there"
    there = {column.name: column for column in present.columns}
    wanted = {column.name: column for column in table.columns if not column.generated}
    for name, column in wanted.items():
        if name not in there:
            return f"{table.label} has no column {name}"
        if there[name].generated:
            return f"{table.label}.{name} is generated now, so no rows can be put into it"
        if there[name].type != column.type:
            return f"{table.label}.{name} is {there[name].type}, {column.type} was backed up"
    more = [column.name for column in present.columns if column.name not in wanted and not column.generated]
    return f"{table.label} has a column {more[0]} that was not backed up" if more else None


def with_whole_parents(chosen: Collection[int], everything: Sequence[TableSource]) -> frozenset[int]:
    """The oids `chosen`, and those of partitioned tables of which every partition is among them."""
    members = set(chosen)
    parents = {table.oid for table in everything if not table.has_rows}
    while True:
        parts = {
            parent: {table.oid for table in everything if table.partition_of == parent} for parent in parents - members
        }
        whole = {parent for parent, children in parts.items() if children and children <= members}
        if not whole:
            return frozenset(members)
        members |= whole


def can_be_emptied(members: Collection[int], references: Collection[Reference]) -> frozenset[int]:
    """Those of `members` that one TRUNCATE can empty: no table outside of it refers to any of them."""
    emptied = set(members)
    while held := {parent for child, parent in references if parent in emptied and child not in emptied}:
        emptied -= held
    return frozenset(emptied)


def empty(connection: psycopg.Connection, present: PresentTables) -> None:
    """Empty, in the transaction of `connection`, what can be emptied."""
    tables = [
        sql.SQL("ONLY {}" if table.has_rows else "{}").format(sql.Identifier(table.schema_name, table.name))
        for table in present.everything
        if table.oid in present.emptied
    ]
    if tables:
        connection.execute(sql.SQL("TRUNCATE {}").format(sql.SQL(", ").join(tables)))


def _referenced(
    stuck: Sequence[TableSource],
    members: Collection[int],
    references: Collection[Reference],
    everything: Sequence[TableSource],
) -> list[str]:
    labels = {table.oid: table.label for table in everything}
    oids = {table.oid for table in stuck}
    holding = {(child, parent) for child, parent in references if parent in oids and child not in members}
    return sorted(
        f"{labels.get(child, 'another table')} refers to {labels[parent]} and is not among the tables to restore"
        for child, parent in holding
    )


def _refuse(problems: Sequence[str]) -> None:
    if problems:
        more = f" and {len(problems) - _NAMED} more" if len(problems) > _NAMED else ""
        raise RefusedError(f"the rows cannot go into the target: {'; '.join(problems[:_NAMED])}{more}")


def _has_rows(connection: psycopg.Connection, table: TableSource) -> bool:
    name = sql.Identifier(table.schema_name, table.name)
    row = connection.execute(sql.SQL("SELECT EXISTS (SELECT FROM ONLY {})").format(name)).fetchone()
    return row == (True,)
