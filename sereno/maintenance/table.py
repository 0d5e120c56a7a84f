"""What the catalog says about the table of a purge: its key, its age column, indexes, partitions and references."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.database.names import quoted, split
from sereno.database.sessions import ReadSession, Row
from sereno.errors import ContractError
from sereno.systems.sections.maintenance import Purge

_TABLE = """
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
       pg_catalog.pg_total_relation_size(c.oid) AS bytes, greatest(c.reltuples, 0)::bigint AS rows,
       (SELECT a.attname::text FROM pg_catalog.pg_partitioned_table p
        JOIN pg_catalog.pg_attribute a ON a.attrelid = p.partrelid AND a.attnum = p.partattrs[0]
        WHERE p.partrelid = c.oid AND p.partstrat = 'r' AND p.partnatts = 1) AS partitioned_by,
       (SELECT pg_catalog.json_agg(o) FROM (
            SELECT a.attname AS name, a.attnum AS number, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
                   pg_catalog.format_type(a.atttypid, NULL) AS plain_type, a.attnotnull AS required,
                   a.attgenerated <> '' AS generated
            FROM pg_catalog.pg_attribute a
            WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
            ORDER BY a.attnum) o) AS columns,
       (SELECT pg_catalog.json_agg(o) FROM (
            SELECT i.indisunique AND i.indpred IS NULL AND i.indexprs IS NULL AS is_unique, i.indpred IS NULL AS whole,
                   (i.indkey::int[])[0:i.indnkeyatts - 1] AS columns
            FROM pg_catalog.pg_index i
            WHERE i.indrelid = c.oid AND i.indisvalid) o) AS indexes,
       (SELECT pg_catalog.json_agg(o) FROM (
            SELECT fn.nspname AS schema, fc.relname AS name, f.confdeltype AS on_delete, a.attname AS column,
                   pg_catalog.cardinality(f.conkey) AS width,
                   EXISTS (SELECT FROM pg_catalog.pg_index i
                           WHERE i.indrelid = f.conrelid AND i.indisvalid AND i.indkey[0] = f.conkey[1]) AS indexed
            FROM pg_catalog.pg_constraint f
            JOIN pg_catalog.pg_class fc ON fc.oid = f.conrelid
            JOIN pg_catalog.pg_namespace fn ON fn.oid = fc.relnamespace
            JOIN pg_catalog.pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[1]
            WHERE f.contype = 'f' AND f.confrelid = c.oid AND f.conparentid = 0
            ORDER BY 1, 2, 4) o) AS referrers
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND c.relname = :name
  AND CASE WHEN CAST(:schema AS text) IS NULL THEN n.nspname = ANY(pg_catalog.current_schemas(false))
           ELSE n.nspname = :schema END
ORDER BY pg_catalog.array_position(pg_catalog.current_schemas(false), n.nspname)
LIMIT 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column; `type` with its precision, `plain_type` without."""

    name: str
    number: int
    type: str
    plain_type: str
    required: bool
    generated: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Referrer:
    """A foreign key that refers to the table."""

    schema: str
    name: str
    column: str
    width: int
    on_delete: str
    """As the catalog says it: `c` deletes the referring rows, `n` and `d` set them, `a` and `r` refuse."""
    indexed: bool

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}.{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PurgeTable:
    """The table of a purge, looked up in the catalog."""

    oid: int
    schema: str
    name: str
    bytes: int
    rows: int
    partitioned_by: str | None
    columns: tuple[Column, ...]
    keys: tuple[Column, ...]
    age: Column
    age_indexed: bool
    key_in_order: bool
    """Whether an index has the key's columns in the purge's order, so that rows come by key without being sorted."""
    referrers: tuple[Referrer, ...]

    @property
    def quoted(self) -> str:
        """Its name as SQL needs it."""
        return quoted(self.schema, self.name)

    @property
    def numbered(self) -> bool:
        """Whether the key is one whole number."""
        return len(self.keys) == 1 and self.keys[0].type in ("smallint", "integer", "bigint")

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def look_up(session: ReadSession, purge: Purge) -> PurgeTable:
    """What the catalog says about the table of `purge`.

    Raises:
        ContractError: there is no such table or column, or the key is none.
        SystemUnavailableError: the connection was lost.
    """
    schema, name = split(purge.table)
    found = next(session.rows(_TABLE, {"schema": schema, "name": name}), None)
    if found is None:
        raise ContractError(
            f"purges[{purge.name}]: there is no table {purge.table}; capitals are written as the catalog has them, and "
            "the schema where it is not on the role's search path"
        )
    kind, columns, indexes, referrers = (found.pop(name) for name in ("kind", "columns", "indexes", "referrers"))
    by_name = {column["name"]: Column(**column) for column in columns or ()}
    keys = tuple(_column(by_name, name, purge) for name in purge.keys)
    age = _column(by_name, purge.older_than, purge)
    _require_key(purge, keys, indexes or [])
    return PurgeTable(
        **{**found, "partitioned_by": found["partitioned_by"] if kind == "p" else None},
        columns=tuple(by_name.values()),
        keys=keys,
        age=age,
        age_indexed=any(row["whole"] and row["columns"][:1] == [age.number] for row in indexes or ()),
        key_in_order=any(row["whole"] and row["columns"] == [key.number for key in keys] for row in indexes or ()),
        referrers=tuple(Referrer(**row) for row in referrers or ()),
    )


def _column(columns: dict[str, Column], name: str, purge: Purge) -> Column:
    if name in columns:
        return columns[name]
    raise ContractError(f"purges[{purge.name}]: {purge.table} has no column {name}; it has {', '.join(columns)}")


def _require_key(purge: Purge, keys: tuple[Column, ...], indexes: list[Row]) -> None:
    numbers = {column.number for column in keys}
    unique = any(row["is_unique"] and set(row["columns"]) == numbers for row in indexes)
    if not unique or not all(column.required for column in keys):
        raise ContractError(
            f"purges[{purge.name}]: ({', '.join(purge.keys)}) is no key of {purge.table}: it needs a primary key, or a "
            "unique index over columns that are NOT NULL"
        )
