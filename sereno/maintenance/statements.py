"""The SQL of a purge, put together from its table and the system's files. Parameters are written `:name`.

A batch is a range of keys, from `:low_0` to `:high_0` and so on, each as text. In every statement the condition stands
again, so that a row in the range that is young, or was touched or held meanwhile, stays.
"""

from __future__ import annotations

from dataclasses import dataclass

from sereno.database.names import quoted, split
from sereno.maintenance.table import PurgeTable
from sereno.systems.sections.maintenance import Reference
from sereno.systems.sql_file import SqlFile

GRAIN_ROWS = 250
"""The edges of the batches come from the server in grains of so many old rows; a batch is a number of grains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """The texts for one purge."""

    table: PurgeTable
    cutoff_type: str
    only: SqlFile | None
    hold: SqlFile | None
    dropped: tuple[int, ...] = ()
    """The oids of the partitions that go whole, whose rows are not deleted one by one."""

    @property
    def count(self) -> str:
        """How many rows are old: `candidates`."""
        return f"SELECT count(*) AS candidates FROM {self.table.quoted} t WHERE {self._old}"

    @property
    def edges(self) -> str:
        """The first and the last key of each grain of the first `:most` old rows in key order: `n`, `key_0` and so on.

        `n` counts the rows from 1; a last grain may have fewer.
        """
        names = [f"k{number}" for number in range(len(self.table.keys))]
        keys = ", ".join(f"t.{quoted(key.name)} AS {name}" for key, name in zip(self.table.keys, names, strict=True))
        order = ", ".join(names)
        whole = f" AND t.tableoid <> ALL (ARRAY{[*self.dropped]}::oid[])" if self.dropped else ""
        texts = ", ".join(f"{name}::text AS key_{name[1:]}" for name in names)
        numbered = "row_number() OVER w AS n, lead(k0) OVER w IS NULL AS last"
        return (
            f"SELECT n, last, {texts} FROM (SELECT {order}, {numbered} FROM ("
            f"SELECT {keys} FROM {self.table.quoted} t WHERE {self._old}{whole} ORDER BY {order} LIMIT :most"
            f") o WINDOW w AS (ORDER BY {order})) e WHERE last OR n % {GRAIN_ROWS} IN (0, 1) ORDER BY n"
        )

    @property
    def start(self) -> str:
        """The key of the row that has so many `:skipped` before it in key order, old or not: `key_0` and so on."""
        return self._nth("")

    @property
    def edge(self) -> str:
        """As `start`, counted from the key `:low_0` and so on."""
        return self._nth(f"WHERE ({self._keys}) >= ({self._bound('low')}) ")

    @property
    def share(self) -> str:
        """How many `rows` a range of keys has, and how many of them are `old` and not held."""
        old = f"count(*) FILTER (WHERE {self._old}) AS old"
        return f"SELECT count(*) AS rows, {old} FROM {self.table.quoted} t WHERE {self._range}"

    @property
    def width(self) -> str:
        """The average size of the rows of a batch in bytes: `bytes`."""
        average = "coalesce(avg(pg_column_size(t.*)), 0)::float8"
        return f"SELECT {average} AS bytes FROM {self.table.quoted} t WHERE {self._range}"

    @property
    def delete(self) -> str:
        """Delete the rows of a batch that are still old and not held."""
        return f"DELETE FROM {self.table.quoted} t WHERE {self._range} AND {self._old}"

    @property
    def lock(self) -> str:
        """The rows of a batch that are still old and not held, locked; it waits for who is at them."""
        return f"SELECT FROM {self.table.quoted} t WHERE {self._range} AND {self._old} FOR UPDATE"

    @property
    def archived(self) -> str:
        """As `delete`; gives each row as a JSON object of column and text: `row`."""
        stored = [column for column in self.table.columns if not column.generated]
        names = ", ".join(f"'{column.name.replace(chr(39), chr(39) * 2)}'" for column in stored)
        values = ", ".join(f"t.{quoted(column.name)}::text" for column in stored)
        return f"{self.delete} RETURNING json_object(ARRAY[{names}]::text[], ARRAY[{values}]::text[])::text AS row"

    def old_in(self, partition: str) -> str:
        """How many `rows` a partition has, and how many of them are `old` and not held; the name is quoted already."""
        return f"SELECT count(*) AS rows, count(*) FILTER (WHERE {self._old}) AS old FROM {partition} t"

    def set_null(self, reference: Reference) -> str:
        """Set to NULL what refers to the rows of a batch that are about to go."""
        schema, name = split(reference.table)
        table, column = quoted(*([schema] if schema else []), name), quoted(reference.column)
        key = quoted(self.table.keys[0].name)
        return (
            f"UPDATE {table} SET {column} = NULL WHERE {column} IN "
            f"(SELECT t.{key} FROM {self.table.quoted} t WHERE {self._range} AND {self._old})"
        )

    @property
    def _old(self) -> str:
        old = f"t.{quoted(self.table.age.name)} < CAST(:cutoff AS {self.cutoff_type})"
        only = f" AND EXISTS ({self._among(self.only)})" if self.only else ""
        return old + only + (f" AND NOT EXISTS ({self._among(self.hold)})" if self.hold else "")

    @property
    def _range(self) -> str:
        return f"({self._keys}) >= ({self._bound('low')}) AND ({self._keys}) <= ({self._bound('high')})"

    @property
    def _keys(self) -> str:
        return ", ".join(f"t.{quoted(key.name)}" for key in self.table.keys)

    def _bound(self, edge: str) -> str:
        return ", ".join(f"CAST(:{edge}_{number} AS {key.type})" for number, key in enumerate(self.table.keys))

    def _nth(self, where: str) -> str:
        names = range(len(self.table.keys))
        keys = ", ".join(f"t.{quoted(key.name)} AS k{name}" for name, key in zip(names, self.table.keys, strict=True))
        texts = ", ".join(f"k{name}::text AS key_{name}" for name in names)
        rows = f"SELECT {keys} FROM {self.table.quoted} t {where}ORDER BY {self._keys} OFFSET :skipped LIMIT 1"
        return f"SELECT {texts} FROM ({rows}) e"

    def _among(self, file: SqlFile) -> str:
        same = " AND ".join(f"q.{quoted(key.name)} = t.{quoted(key.name)}" for key in self.table.keys)
        return f"SELECT FROM ({without_semicolon(file)}\n) q WHERE {same}"


def without_semicolon(file: SqlFile) -> str:
    """The text of a query that holds one statement, to stand in parentheses."""
    return "".join(token.text for token in file.tokens if token.kind != "semicolon")
