"""What the database's catalog says: tables with their fingerprints, sequences, roles, extensions.

Every query is written for `search_path = ''` and runs in the backup's own snapshot.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import dict_row

from sereno.backup.manifest import Column, Extension, Origin, Sequence

_TABLES = """
SELECT c.oid::bigint AS oid, n.nspname AS schema_name, c.relname AS name, c.relkind::text AS kind,
       (SELECT i.inhparent::bigint FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid AND c.relispartition)
           AS partition_of, am.amname AS access_method,
       EXISTS (SELECT 1 FROM pg_catalog.pg_inherits i WHERE i.inhrelid = c.oid OR i.inhparent = c.oid) AS inherits,
       CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_table_size(c.oid) ELSE 0 END AS bytes,
       CASE WHEN c.relkind = 'r' THEN pg_catalog.pg_relation_size(c.oid) ELSE 0 END
           / pg_catalog.current_setting('block_size')::bigint AS pages,
       CASE WHEN e.oid IS NULL THEN NULL ELSE coalesce(e.condition, '') END AS condition,
       pg_catalog.has_table_privilege(c.oid, 'SELECT') AS readable,
       pg_catalog.row_security_active(c.oid) AS hides_rows
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
LEFT JOIN (SELECT u.oid, u.condition
           FROM pg_catalog.pg_extension x, unnest(x.extconfig, x.extcondition) AS u (oid, condition)) e ON e.oid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relpersistence <> 't'
  AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND (e.oid IS NOT NULL OR NOT EXISTS (
        SELECT 1 FROM pg_catalog.pg_depend d
        WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'))
ORDER BY n.nspname, c.relname
"""

_COLUMNS = """
SELECT a.attrelid::bigint AS oid, a.attnum AS number, a.attname AS name,
       pg_catalog.format_type(a.atttypid, a.atttypmod) AS type, a.atttypid::bigint AS type_oid,
       CASE WHEN a.attcollation <> t.typcollation THEN l.collname END AS collation, a.attgenerated <> '' AS generated
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_catalog.pg_collation l ON l.oid = a.attcollation
WHERE a.attrelid = ANY(%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
ORDER BY a.attrelid, a.attnum
"""

_KEYS = """
SELECT i.indrelid::bigint AS oid,
       array_agg(a.attname::text ORDER BY k.position) AS columns,
       array_agg(CASE WHEN b.typtype = 'e' THEN 'enum' WHEN b.typtype <> 'b' THEN '(other)'
                      WHEN b.typnamespace = 'pg_catalog'::regnamespace OR b.typname = 'citext' THEN b.typname::text
                      ELSE '(other)' END ORDER BY k.position) AS types,
       bool_or(a.attgenerated <> '') AS generated
FROM pg_catalog.pg_index i
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
JOIN pg_catalog.pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
WHERE i.indrelid = ANY(%(oids)s::oid[]) AND i.indisprimary AND i.indisvalid AND k.position <= i.indnkeyatts
GROUP BY i.indrelid
"""

_MADE_OF = """
WITH RECURSIVE reachable (root, type) AS (
    SELECT DISTINCT a.atttypid, a.atttypid FROM pg_catalog.pg_attribute a
    WHERE a.attrelid = ANY(%(oids)s::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
  UNION
    SELECT r.root, next.type
    FROM reachable r
    JOIN pg_catalog.pg_type t ON t.oid = r.type
    CROSS JOIN LATERAL (
        SELECT t.typbasetype WHERE t.typbasetype <> 0
        UNION ALL SELECT t.typelem WHERE t.typelem <> 0
        UNION ALL SELECT g.rngsubtype FROM pg_catalog.pg_range g WHERE t.oid IN (g.rngtypid, g.rngmultitypid)
        UNION ALL SELECT a.atttypid FROM pg_catalog.pg_attribute a
                  WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped
    ) AS next (type)
)
SELECT r.root::bigint AS root,
       array_agg(p.part ORDER BY p.type, p.place) FILTER (WHERE p.part IS NOT NULL) AS parts,
       bool_or(t.typnamespace = 'pg_catalog'::regnamespace
               AND (t.typname ~ '^reg' OR t.typname = 'aclitem')) AS refers
FROM reachable r
JOIN pg_catalog.pg_type t ON t.oid = r.type
LEFT JOIN LATERAL (
    SELECT e.enumtypid AS type, e.enumsortorder::float8 AS place, e.enumlabel::text AS part
    FROM pg_catalog.pg_enum e WHERE e.enumtypid = r.type
    UNION ALL
    SELECT t.oid, a.attnum::float8, concat_ws(' ', a.attnum, a.attname, a.attisdropped,
                                              pg_catalog.format_type(a.atttypid, a.atttypmod), a.attcollation)
    FROM pg_catalog.pg_attribute a WHERE t.typtype = 'c' AND a.attrelid = t.typrelid AND a.attnum > 0
) AS p ON true
GROUP BY r.root
"""

_SEQUENCES = """
SELECT n.nspname AS schema_name, c.relname AS name, pg_catalog.has_sequence_privilege(c.oid, 'SELECT') AS readable
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind = 'S' AND c.relpersistence <> 't' AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
ORDER BY n.nspname, c.relname
"""

_ROLES = """
SELECT DISTINCT r.rolname AS name
FROM pg_catalog.pg_roles r
WHERE r.oid = (SELECT relowner FROM pg_catalog.pg_class WHERE oid = 'pg_catalog.pg_class'::regclass)
   OR r.oid IN (SELECT d.refobjid FROM pg_catalog.pg_shdepend d
                WHERE d.refclassid = 'pg_catalog.pg_authid'::regclass
                  AND d.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database()))
ORDER BY 1
"""

_EXTENSIONS = """
SELECT x.extname AS name, x.extversion AS version, n.nspname AS schema_name
FROM pg_catalog.pg_extension x JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace
WHERE x.extname <> 'plpgsql' ORDER BY 1
"""

_ORIGIN = """
SELECT d.datname AS database, d.oid::bigint AS database_oid, pg_catalog.pg_encoding_to_char(d.encoding) AS encoding,
       d.datcollate AS locale, pg_catalog.current_setting('server_version') AS server_version,
       pg_catalog.current_setting('server_version_num')::int AS server_version_number
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
"""

_IDENTIFIERS = """
SELECT s.system_identifier, c.timeline_id AS timeline
FROM pg_catalog.pg_control_system() s, pg_catalog.pg_control_checkpoint() c
"""


@dataclass(frozen=True)
class TableSource:
    """A table as the catalog shows it now. `has_rows` is false for the parents of partitions."""

    oid: int
    schema_name: str
    name: str
    has_rows: bool
    is_heap: bool
    refers: bool
    """Whether values of a column, such as regclass, read differently when something else is renamed."""
    partition_of: int | None
    inherits: bool
    bytes: int
    pages: int
    condition: str | None
    readable: bool
    hides_rows: bool
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    key_types: tuple[str, ...]
    """Names of built-in types, `citext`, `enum` or `(other)`; domains by what is below. Empty for generated columns."""
    fingerprint: str

    @property
    def label(self) -> str:
        """`schema.name`, for people."""
        return f"{self.schema_name}.{self.name}"


@dataclass(frozen=True)
class SequenceSource:
    """A sequence as the catalog shows it."""

    schema_name: str
    name: str
    readable: bool

    @property
    def label(self) -> str:
        """`schema.name`, for people."""
        return f"{self.schema_name}.{self.name}"


def read_tables(connection: psycopg.Connection) -> tuple[TableSource, ...]:
    """Every table that a backup takes, in order of its name; parents of partitions included, without rows."""
    tables = _rows(connection, _TABLES)
    oids = {"oids": [table["oid"] for table in tables]}
    made_of = {row["root"]: row for row in _rows(connection, _MADE_OF, oids)}
    keys = {row["oid"]: row for row in _rows(connection, _KEYS, oids)}
    columns: dict[int, list[dict[str, Any]]] = {}
    for row in _rows(connection, _COLUMNS, oids):
        columns.setdefault(row["oid"], []).append(row)
    return tuple(_table(row, columns.get(row["oid"], []), keys.get(row["oid"]), made_of) for row in tables)


def read_sequences(connection: psycopg.Connection) -> tuple[SequenceSource, ...]:
    """Every sequence, identity columns' included."""
    return tuple(SequenceSource(**row) for row in _rows(connection, _SEQUENCES))


def read_sequence_value(connection: psycopg.Connection, sequence: SequenceSource) -> Sequence:
    """Where the sequence stands. Sequences know no snapshot: a value taken after it is at most higher."""
    name = psycopg.sql.Identifier(sequence.schema_name, sequence.name)
    row = connection.execute(psycopg.sql.SQL("SELECT last_value, is_called FROM {}").format(name)).fetchone()
    if row is None:
        raise LookupError(sequence.label)
    return Sequence(schema_name=sequence.schema_name, name=sequence.name, last_value=row[0], is_called=row[1])


def read_roles(connection: psycopg.Connection) -> tuple[str, ...]:
    """The roles that own something or were granted something in this database."""
    return tuple(row["name"] for row in _rows(connection, _ROLES))


def read_extensions(connection: psycopg.Connection) -> tuple[Extension, ...]:
    """The extensions in this database, without plpgsql."""
    return tuple(Extension(**row) for row in _rows(connection, _EXTENSIONS))


def read_origin(connection: psycopg.Connection, *, system: str) -> Origin:
    """Which database this is."""
    (row,) = _rows(connection, _ORIGIN)
    return Origin(system=system, **row, **_identifiers(connection))


def has_large_objects(connection: psycopg.Connection) -> bool:
    """Whether the database holds large objects."""
    return bool(_rows(connection, "SELECT 1 FROM pg_catalog.pg_largeobject_metadata LIMIT 1"))


def _identifiers(connection: psycopg.Connection) -> Mapping[str, int | None]:
    try:
        with connection.transaction():
            (row,) = _rows(connection, _IDENTIFIERS)
    except psycopg.errors.InsufficientPrivilege:
        return {"system_identifier": None, "timeline": None}
    return row


def _rows(
    connection: psycopg.Connection, query: str, parameters: Mapping[str, Any] | None = None
) -> list[dict[str, Any]]:
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(query.encode(), parameters).fetchall()


def _table(
    row: dict[str, Any],
    columns: list[dict[str, Any]],
    key: dict[str, Any] | None,
    made_of: Mapping[int, dict[str, Any]],
) -> TableSource:
    described = tuple(
        Column(**{name: value for name, value in column.items() if name not in ("oid", "type_oid")})
        for column in columns
    )
    key_columns = tuple(key["columns"]) if key else ()
    types = [(column["number"], made_of[column["type_oid"]]) for column in columns]
    parts = [[number, found["parts"]] for number, found in types if found["parts"]]
    text = json.dumps(
        [[column.model_dump() for column in described], key_columns, parts, row["access_method"]], ensure_ascii=False
    )
    return TableSource(
        oid=row["oid"],
        schema_name=row["schema_name"],
        name=row["name"],
        has_rows=row["kind"] == "r",
        is_heap=row["access_method"] == "heap",
        refers=any(found["refers"] for _, found in types),
        partition_of=row["partition_of"],
        inherits=row["inherits"] and row["partition_of"] is None,
        bytes=row["bytes"],
        pages=row["pages"],
        condition=row["condition"],
        readable=row["readable"],
        hides_rows=row["hides_rows"],
        columns=described,
        key=key_columns,
        key_types=tuple(key["types"]) if key and not key["generated"] else (),
        fingerprint=hashlib.sha256(text.encode()).hexdigest(),
    )
