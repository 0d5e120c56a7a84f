"""The columns and foreign keys of a database, as far as a data map is about them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

from sereno.database.names import split
from sereno.database.sessions import ReadSession, reading
from sereno.systems.model import System

PURPOSE = "data map"
_COLUMNS = """
SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column,
       pg_catalog.format_type(a.atttypid, NULL) AS type,
       n.nspname = ANY(pg_catalog.current_schemas(false)) AS on_path
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relkind IN ('r', 'p', 'f') AND NOT c.relispartition AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname NOT LIKE 'pg\\_%'
ORDER BY 1, 2, a.attnum
"""
_KEYS = """
SELECT n.nspname::text AS schema, c.relname::text AS name, a.attname::text AS column,
       tn.nspname::text AS to_schema, t.relname::text AS to_name, ta.attname::text AS to_column
FROM pg_catalog.pg_constraint f
JOIN pg_catalog.pg_class c ON c.oid = f.conrelid AND NOT c.relispartition
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
JOIN pg_catalog.pg_class t ON t.oid = f.confrelid
JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
JOIN pg_catalog.pg_attribute ta ON ta.attrelid = f.confrelid AND ta.attnum = f.confkey[1]
WHERE f.contype = 'f' AND f.conparentid = 0 AND pg_catalog.cardinality(f.conkey) = 1
ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogColumn:
    """A column: the table as a data map names it, its own name, and its type."""

    table: str
    name: str
    type: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogKey:
    """A foreign key over one column."""

    table: str
    column: str
    to_table: str
    to_column: str


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """What there is. Tables on the role's search path go by their own name, the others with their schema."""

    columns: tuple[CatalogColumn, ...]
    keys: tuple[CatalogKey, ...]
    schemas_on_path: frozenset[str] = field(default_factory=frozenset)

    @cached_property
    def tables(self) -> dict[str, dict[str, CatalogColumn]]:
        """The columns by name, by table."""
        found: dict[str, dict[str, CatalogColumn]] = {}
        for column in self.columns:
            found.setdefault(column.table, {})[column.name] = column
        return found

    def named(self, table: str) -> str:
        """The table that a map calls `table`, as it is called here: a schema on the search path is left out."""
        schema, name = split(table)
        return name if schema in self.schemas_on_path and table not in self.tables else table


def read_catalog(system: System) -> Catalog:
    """The catalog of the database of `system`; no row of it is read.

    Raises:
        SerenoError: the database cannot be asked.
    """
    with reading(system, purpose=PURPOSE) as session:
        return _read(session)


def _read(session: ReadSession) -> Catalog:
    rows = list(session.rows(_COLUMNS))
    on_path = frozenset(str(row["schema"]) for row in rows if row["on_path"])

    def named(schema: str, name: str) -> str:
        return name if schema in on_path else f"{schema}.{name}"

    columns = (CatalogColumn(table=named(r["schema"], r["name"]), name=r["column"], type=r["type"]) for r in rows)
    keys: Iterable[CatalogKey] = (
        CatalogKey(
            table=named(row["schema"], row["name"]),
            column=row["column"],
            to_table=named(row["to_schema"], row["to_name"]),
            to_column=row["to_column"],
        )
        for row in session.rows(_KEYS)
    )
    return Catalog(columns=tuple(columns), keys=tuple(keys), schemas_on_path=on_path)
