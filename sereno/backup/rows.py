"""Which pieces of rows and keys a backup copies, and copying one piece into one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import psycopg
from psycopg import sql

from sereno.backup.catalog import TableSource
from sereno.backup.copying import CopySession, pages_condition, quoted, rows_query
from sereno.backup.keys import DataKey
from sereno.backup.manifest import KeySet, RowsPart, Table
from sereno.backup.objects import ObjectWriter
from sereno.stores import Store

SPLIT_PAGES = 8_192  # 64 MiB of 8 KiB pages: smaller tables are never split
_INTEGERS = frozenset({"int2", "int4", "int8"})
_SORTED_AS_TEXT = _INTEGERS | {"uuid"}  # their own order is kept: numbers by value, uuids like their text
_DELTA_LIMIT = 2**63
_RANGES_SINCE = 140_000  # before PostgreSQL 14 a range of pages scans the whole table

Encoding = Literal["integer-deltas", "copy-text"]


@dataclass
class TableCopy:
    """A table while it is being copied; its pieces arrive in any order."""

    source: TableSource
    number: int
    parts: dict[int, RowsPart] = field(default_factory=dict)
    key_set: KeySet | None = None

    def finished(self) -> Table:
        """What the manifest says of the table."""
        parts = tuple(part for _, part in sorted(self.parts.items()))
        source = self.source
        return Table(
            oid=source.oid,
            schema_name=source.schema_name,
            name=source.name,
            columns=source.columns,
            key=source.key,
            fingerprint=source.fingerprint,
            partition_of=source.partition_of,
            inherits=source.inherits,
            condition=source.condition,
            rows=sum(part.rows for part in parts),
            parts=parts,
            key_set=self.key_set,
        )


@dataclass(frozen=True)
class ObjectPlace:
    """Where objects of the backup under way go."""

    store: Store
    folder: str
    key: DataKey
    copied: Callable[[int, str], None]
    """Told of each piece of plaintext: its size in bytes, and the table's label."""

    async def copy(self, session: CopySession, query: str, *, name: str, label: str) -> dict[str, Any]:
        """Copy what `query` gives into the object `name`; the fields that its manifest entry needs."""
        creation = self.store.create(f"{self.folder}/{name}")
        sink = await session.in_thread(creation.__enter__)
        try:
            writer = ObjectWriter(sink, key=self.key, name=name)

            def receive(data: bytes) -> None:
                writer.write(data)
                self.copied(len(data), label)

            rows = await session.copy(query, receive)
            figures = await session.in_thread(writer.close)
        except BaseException as error:
            creation.__exit__(type(error), error, error.__traceback__)
            raise
        await session.in_thread(creation.__exit__, None, None, None)
        return {"name": name, "rows": rows, **vars(figures)}


@dataclass(frozen=True)
class Piece:
    """One COPY: some pages of a table, or its keys. `weight` in bytes says which pieces to begin with."""

    weight: int
    run: Callable[[CopySession], Any]


def plan(
    connection: psycopg.Connection, copies: Sequence[TableCopy], place: ObjectPlace, *, connections: int
) -> list[Piece]:
    """The pieces, heaviest first, so that the connections end together.

    A table is split into runs of pages only when it is more than one connection's share, as its pages are read more
    slowly one run at a time than all at once.
    """
    share = sum(copy.source.bytes for copy in copies) // connections
    splits = connection.info.server_version >= _RANGES_SINCE
    pieces = [piece for copy in copies for piece in _row_pieces(copy, place, share=share if splits else None)]
    keyed = (copy for copy in copies if copy.source.key and copy.source.condition is None)
    pieces += [_key_piece(copy, place, encoding=_encoding(connection, copy.source)) for copy in keyed]
    return sorted(pieces, key=lambda piece: -piece.weight)


def _row_pieces(copy: TableCopy, place: ObjectPlace, *, share: int | None) -> Iterator[Piece]:
    source = copy.source
    columns = [column.name for column in source.columns if not column.generated]
    parts = -(-source.bytes // share) if share and source.pages > SPLIT_PAGES and source.condition is None else 1
    starts = [source.pages * part // parts for part in range(parts)]
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else None
        condition = pages_condition(start, end) if len(starts) > 1 else source.condition or ""
        query = rows_query(source.schema_name, source.name, columns, condition=condition)

        async def run(session: CopySession, query: str = query, index: int = index) -> None:
            fields = await place.copy(session, query, name=f"rows/{copy.number:06d}-{index:04d}", label=source.label)
            copy.parts[index] = RowsPart(**fields)

        yield Piece(weight=source.bytes // len(starts), run=run)


def _key_piece(copy: TableCopy, place: ObjectPlace, *, encoding: Encoding) -> Piece:
    query = _keys_query(copy.source, encoding)

    async def run(session: CopySession) -> None:
        fields = await place.copy(session, query, name=f"keys/{copy.number:06d}", label=f"keys of {copy.source.label}")
        copy.key_set = KeySet(encoding=encoding, **fields)

    return Piece(weight=copy.source.bytes // 8, run=run)


def _keys_query(source: TableSource, encoding: Encoding) -> str:
    table = f"FROM ONLY {quoted(source.schema_name, source.name)}"
    columns = [quoted(column) for column in source.key]
    if encoding == "integer-deltas":
        (key,) = columns
        return f"SELECT {key}::bigint - lag({key}::bigint, 1, 0::bigint) OVER (ORDER BY {key}) {table}"
    order = (
        column if kind in _SORTED_AS_TEXT else f'{column}::text COLLATE "C"'
        for column, kind in zip(columns, source.key_types, strict=True)
    )
    return f"SELECT {', '.join(columns)} {table} ORDER BY {', '.join(order)}"


def _encoding(connection: psycopg.Connection, source: TableSource) -> Encoding:
    """Differences, when the key is one integer and no difference leaves 64 bits."""
    if len(source.key) != 1 or source.key_types[0] not in _INTEGERS:
        return "copy-text"
    query = sql.SQL("SELECT min({key}), max({key}) FROM ONLY {table}").format(
        key=sql.Identifier(source.key[0]), table=sql.Identifier(source.schema_name, source.name)
    )
    low, high = connection.execute(query).fetchone() or (None, None)
    return "integer-deltas" if low is None or high - low < _DELTA_LIMIT else "copy-text"
