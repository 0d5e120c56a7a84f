"""What an increment says of one table, as statements: deletes before upserts.

In that order, since two keys may be different texts and yet equal to the server: `1.0` and `1.00`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from sereno.backup.chain import TableLevel
from sereno.backup.key_changes import decoded
from sereno.backup.manifest import RowsPart, StoredObject, Table
from sereno.backup.place import OpenBackup
from sereno.restore.raw_bytes import copying_in

Frames = Callable[[OpenBackup, StoredObject], Iterator[bytes]]

_GONE, _CHANGED = "sereno_gone", "sereno_changed"
_BATCH_LINES = 10_000
_PLAIN = sql.SQL("")


@dataclass(frozen=True)
class Step:
    """A statement, and for a COPY the text that goes in."""

    statement: sql.Composed
    rows: Iterable[bytes] | None = None


def apply_changes(
    connection: psycopg.Connection, level: TableLevel, *, into: Table, copied: Callable[[int, str], object]
) -> None:
    """Delete the rows that went or changed, then insert those that came or changed.

    Args:
        connection: a session on the target, in a transaction.
        level: the table as the increment holds it.
        into: the table as it is called in the target.
        copied: told of bytes of COPY text and the table's label.
    """
    frames = counted(OpenBackup.frames, copied, into.label)
    for step in steps(level, into=into, frames=frames, options=copying_in(connection)):
        if step.rows is None:
            connection.execute(step.statement)
            continue
        with connection.cursor().copy(step.statement) as stream:
            for block in step.rows:
                stream.write(block)


def steps(level: TableLevel, *, into: Table, frames: Frames, options: sql.SQL = _PLAIN) -> Iterator[Step]:
    """The statements that bring a table from the parent of an increment to the increment, to be run in one transaction.

    Args:
        level: the table as the increment holds it.
        into: the table as it is called in the target.
        frames: how objects are read.
        options: of the COPY that loads them.
    """
    table, changes = level.table, level.table.changes
    if changes is None:
        raise ValueError(f"{table.label} is whole")
    target = sql.Identifier(into.schema_name, into.name)
    keys = decoded(frames(level.backup, changes.removed), encoding=changes.removed.encoding)
    yield from _staged(_GONE, target, table.key, _batches(keys), options)
    yield _deletion(target, _GONE, table)
    rows = (frame for part in table.parts for frame in frames(level.backup, part))
    yield from _staged(_CHANGED, target, table.copied_columns, rows, options)
    yield _deletion(target, _CHANGED, table)
    insert = sql.SQL("INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {}")
    yield Step(insert.format(target, _temporary(_CHANGED), columns=_listed(table.copied_columns)))
    yield Step(sql.SQL("DROP TABLE {}, {}").format(_temporary(_GONE), _temporary(_CHANGED)))


def counted(frames: Frames, copied: Callable[[int, str], object], label: str) -> Frames:
    """The same frames; `copied` is told of bytes of rows, and `label`."""

    def tell(backup: OpenBackup, entry: StoredObject) -> Iterator[bytes]:
        for frame in frames(backup, entry):
            if isinstance(entry, RowsPart):
                copied(len(frame), label)
            yield frame

    return tell


def _staged(
    name: str, target: sql.Identifier, columns: Sequence[str], rows: Iterable[bytes], options: sql.SQL
) -> Iterator[Step]:
    """Fill a temporary table that has columns of the target and none of its constraints."""
    create = sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM ONLY {} WITH NO DATA")
    yield Step(create.format(sql.Identifier(name), _listed(columns), target))
    yield Step(sql.SQL("COPY {} FROM STDIN {}").format(_temporary(name), options), rows)


def _deletion(target: sql.Identifier, staged: str, table: Table) -> Step:
    same = (
        sql.SQL("t.{column} OPERATOR({schema}.=) s.{column}").format(
            column=sql.Identifier(column), schema=_schema_of_equality(table, column)
        )
        for column in table.key
    )
    query = sql.SQL("DELETE FROM ONLY {} AS t USING {} AS s WHERE {}")
    return Step(query.format(target, _temporary(staged), sql.SQL(" AND ").join(same)))


def _schema_of_equality(table: Table, column: str) -> sql.SQL:
    """Where the `=` of a key column is: the built-in one, whatever somebody defined beside it, or that of `citext`."""
    kind = next(each.type for each in table.columns if each.name == column)
    schema, dot, name = kind.rpartition(".")
    return sql.SQL(schema if dot and name == "citext" else "pg_catalog")


def _temporary(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", name)


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _batches(lines: Iterable[bytes]) -> Iterator[bytes]:
    """Lines of COPY text, many at a time, each with its line feed."""
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= _BATCH_LINES:
            yield b"\n".join((*batch, b""))
            batch.clear()
    yield b"\n".join((*batch, b""))
