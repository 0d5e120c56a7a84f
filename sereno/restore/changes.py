"""Applying what an increment says of one table: deletes before upserts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import psycopg
from psycopg import sql

from sereno.backup.chain import TableLevel
from sereno.backup.key_changes import decoded
from sereno.backup.manifest import Table

_GONE, _CHANGED = "sereno_gone", "sereno_changed"
_BATCH_LINES = 10_000


def apply_changes(
    connection: psycopg.Connection, level: TableLevel, *, into: Table, copied: Callable[[int, str], object]
) -> None:
    """Delete the rows that went or changed, then insert those that came or changed.

    In that order, since two keys may be different texts and yet equal to the server: `1.0` and `1.00`.

    Args:
        connection: a session on the target, in a transaction.
        level: the table as the increment holds it.
        into: the table as it is called in the target.
        copied: told of bytes of COPY text and the table's label.
    """
    table, changes = level.table, level.table.changes
    if changes is None:
        raise ValueError(f"{table.label} is whole")
    target = sql.Identifier(into.schema_name, into.name)
    frames = level.backup.frames(changes.removed)
    gone = (line + b"\n" for line in decoded(frames, encoding=changes.removed.encoding))
    _stage(connection, _GONE, target, table.key, _batches(gone))
    _delete(connection, target, _GONE, table.key)
    rows = (frame for part in table.parts for frame in level.backup.frames(part))
    _stage(connection, _CHANGED, target, table.copied_columns, _told(rows, copied, table.label))
    _delete(connection, target, _CHANGED, table.key)
    insert = sql.SQL("INSERT INTO {} ({columns}) OVERRIDING SYSTEM VALUE SELECT {columns} FROM {}")
    connection.execute(insert.format(target, _temporary(_CHANGED), columns=_listed(table.copied_columns)))
    connection.execute(sql.SQL("DROP TABLE {}, {}").format(_temporary(_GONE), _temporary(_CHANGED)))


def _stage(
    connection: psycopg.Connection,
    name: str,
    target: sql.Identifier,
    columns: Sequence[str],
    blocks: Iterable[bytes],
) -> None:
    """Fill a temporary table that has columns of the target and none of its constraints."""
    create = sql.SQL("CREATE TEMPORARY TABLE {} AS SELECT {} FROM ONLY {} WITH NO DATA")
    connection.execute(create.format(sql.Identifier(name), _listed(columns), target))
    with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(_temporary(name))) as stream:
        for block in blocks:
            stream.write(block)


def _delete(connection: psycopg.Connection, target: sql.Identifier, staged: str, key: Sequence[str]) -> None:
    operators = _equality(connection, target, key)
    same = (
        sql.SQL("t.{column} OPERATOR({schema}.=) s.{column}").format(
            column=sql.Identifier(column), schema=sql.Identifier(operators[column])
        )
        for column in key
    )
    query = sql.SQL("DELETE FROM ONLY {} AS t USING {} AS s WHERE {}")
    connection.execute(query.format(target, _temporary(staged), sql.SQL(" AND ").join(same)))


def _equality(connection: psycopg.Connection, target: sql.Identifier, key: Sequence[str]) -> dict[str, str]:
    """The schema of each key column's own `=`: the built-in one, whatever somebody defined, or that of `citext`."""
    query = """
        SELECT a.attname, CASE b.typname WHEN 'citext' THEN n.nspname ELSE 'pg_catalog' END
        FROM pg_catalog.pg_attribute a
        JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
        JOIN pg_catalog.pg_type b ON b.oid = CASE t.typtype WHEN 'd' THEN t.typbasetype ELSE t.oid END
        JOIN pg_catalog.pg_namespace n ON n.oid = b.typnamespace
        WHERE a.attrelid = %s::pg_catalog.regclass AND a.attname = ANY(%s)
    """
    return dict(connection.execute(query, (target.as_string(connection), list(key))).fetchall())


def _temporary(name: str) -> sql.Identifier:
    return sql.Identifier("pg_temp", name)


def _listed(columns: Sequence[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns))


def _batches(lines: Iterable[bytes]) -> Iterable[bytes]:
    batch: list[bytes] = []
    for line in lines:
        batch.append(line)
        if len(batch) >= _BATCH_LINES:
            yield b"".join(batch)
            batch.clear()
    yield b"".join(batch)


def _told(frames: Iterable[bytes], copied: Callable[[int, str], object], label: str) -> Iterable[bytes]:
    for frame in frames:
        copied(len(frame), label)
        yield frame
