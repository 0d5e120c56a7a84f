"""The tables that checks name, found in the catalog, and SQL about them built from quoted names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from psycopg import sql

from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.systems.sections.checks import Value

_RELATION = """
    SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
           format('%I.%I', n.nspname, c.relname) AS label,
           ARRAY(SELECT a.attname::text FROM pg_catalog.pg_attribute a
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS names,
           ARRAY(SELECT CASE WHEN t.typname = 'uuid' THEN 'uuid' ELSE t.typcategory::text END
                 FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
                 WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum) AS kinds,
           ARRAY(SELECT a.attname::text
                 FROM pg_catalog.pg_index i
                 CROSS JOIN LATERAL unnest(i.indkey::smallint[]) WITH ORDINALITY k (number, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number
                 WHERE i.indrelid = c.oid AND i.indisprimary AND k.place <= i.indnkeyatts ORDER BY k.place) AS key
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_(toast|temp)'
      AND CAST(:name AS text) IN (c.relname::text, n.nspname || '.' || c.relname, quote_ident(c.relname),
                    format('%I.%I', n.nspname, c.relname))
    ORDER BY n.nspname
"""
TEXT = "S"
DATE_OR_TIME = "D"


@dataclass(frozen=True, kw_only=True)
class Relation:
    """A table or a view. `columns` are kinds by name: `uuid`, or a category of PostgreSQL's such as N and S."""

    schema: str
    name: str
    kind: str
    label: str
    columns: Mapping[str, str]
    key: tuple[str, ...]
    """The columns of the primary key; empty where there is none."""

    @property
    def quoted(self) -> str:
        """As SQL names it."""
        return quoted(self.schema, self.name)

    def column(self, name: str) -> str:
        """A column as SQL names it.

        Raises:
            ContractError: there is none of that name.
        """
        if name not in self.columns:
            raise ContractError(f"{self.label} has no column {name!r}; there are {', '.join(self.columns)}"[:500])
        return quoted(name)

    @property
    def keys(self) -> str:
        """An SQL expression: the row's key as an array of texts."""
        listed = ", ".join(f"{quoted(name)}::text" for name in self.key)
        return f"ARRAY[{listed}]::text[]"

    @property
    def key_kinds(self) -> tuple[str, ...]:
        """The kinds of the key's columns."""
        return tuple(self.columns[name] for name in self.key)


def quoted(*names: str) -> str:
    """A name, with those before it, as SQL writes it."""
    return sql.Identifier(*names).as_string()


def find_relation(session: ReadSession, name: str) -> Relation:
    """The table or view called `name`.

    Raises:
        ContractError: there is none, or there are several.
    """
    found = [
        Relation(
            schema=row["schema"],
            name=row["name"],
            kind=row["kind"],
            label=row["label"],
            columns=dict(zip(row["names"], row["kinds"], strict=True)),
            key=tuple(row["key"]),
        )
        for row in session.rows(_RELATION, {"name": name})
    ]
    if not found:
        raise ContractError(f"there is no table or view {name!r} in the database")
    if len(found) > 1:
        raise ContractError(f"{name!r} could be {' or '.join(each.label for each in found)}; write which")
    return found[0]


def condition(relation: Relation, where: Mapping[str, Value]) -> tuple[str, dict[str, Any]]:
    """`WHERE` for rows with these values, and its parameters; empty without values.

    Raises:
        ContractError: a column is not there.
    """
    parts, parameters = [], {}
    for number, (name, value) in enumerate(where.items()):
        column = relation.column(name)
        parts.append(f"{column} IS NULL" if value is None else f"{column} = :w{number}")
        parameters.update({} if value is None else {f"w{number}": as_text(value)})
    return f"WHERE {' AND '.join(parts)}" if parts else "", parameters


def as_text(value: Value) -> str:
    """A value of a system's file as PostgreSQL reads it, whatever the column's type."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def texts(*values: Mapping[str, Value]) -> list[str]:
    """All the values, as they are sent."""
    return [as_text(value) for each in values for value in each.values() if value is not None]


def not_null(columns: Iterable[str]) -> str:
    """A condition: none of the columns, written as SQL names them, is empty."""
    return " AND ".join(f"{column} IS NOT NULL" for column in columns)
