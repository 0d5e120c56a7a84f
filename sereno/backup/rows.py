"""Which pieces of rows and keys a backup copies, and copying one piece into one object."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import psycopg

from sereno.backup.copying import (
    Copying,
    CopySession,
    changed_condition,
    copying_of,
    copying_rows,
    digest_query,
    in_order,
    pages_condition,
)
from sereno.backup.key_comparison import KeyComparison
from sereno.backup.key_order import Encoding, keys_query
from sereno.backup.manifest import KeySet, RowsPart
from sereno.backup.object_place import ObjectPlace
from sereno.backup.table_copy import TableCopy
from sereno.postgres.programs import hidden_file

SPLIT_PAGES = 8_192  # 64 MiB of 8 KiB pages: smaller tables are never split
_RANGES_SINCE = 140_000  # before PostgreSQL 14 a range of pages scans the whole table


@dataclass(frozen=True)
class Piece:
    """One COPY: some pages of a table, or its keys. `weight` in bytes says which pieces to begin with."""

    weight: int
    run: Callable[[CopySession], Any]


def plan(
    connection: psycopg.Connection,
    copies: Sequence[TableCopy],
    place: ObjectPlace,
    *,
    connections: int,
    content_digests: bool = False,
) -> list[Piece]:
    """The pieces, heaviest first, so that the connections end together.

    A table is split into runs of pages only when it is more than one connection's share, as its pages are read more
    slowly one run at a time than all at once.
    """
    share = sum(copy.source.bytes for copy in copies) // connections
    splits = connection.info.server_version >= _RANGES_SINCE
    pieces = [piece for copy in copies for piece in _row_pieces(copy, place, share=share if splits else None)]
    pieces += [_key_piece(copy, place, encoding=copy.encoding) for copy in copies if copy.encoding]
    pieces += [_digest_piece(copy) for copy in copies if copy.levels and content_digests]
    return sorted(pieces, key=lambda piece: -piece.weight)


def _row_pieces(copy: TableCopy, place: ObjectPlace, *, share: int | None) -> Iterator[Piece]:
    source = copy.source
    columns = [column.name for column in source.columns if not column.generated]
    parts = -(-source.bytes // share) if share and source.pages > SPLIT_PAGES and source.condition is None else 1
    starts = [source.pages * part // parts for part in range(parts)]
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else None
        conditions = [pages_condition(start, end)] if len(starts) > 1 else []
        if copy.watermark is not None:
            conditions.append(changed_condition(copy.watermark))
        where = f"WHERE {' AND '.join(conditions)}" if conditions else in_order(source.condition)
        copying = copying_rows(source.schema_name, source.name, columns, condition=where)

        async def run(session: CopySession, copying: Copying = copying, index: int = index) -> None:
            fields = await place.copy(copying, session, name=f"rows/{copy.number:06d}-{index:04d}", label=source.label)
            copy.parts[index] = RowsPart(**fields)

        yield Piece(weight=source.bytes // len(starts), run=run)


def _key_piece(copy: TableCopy, place: ObjectPlace, *, encoding: Encoding) -> Piece:
    source = copy.source
    query = keys_query(source, encoding)
    name, label = f"keys/{copy.number:06d}", f"keys of {source.label}"

    async def write(session: CopySession) -> None:
        fields = await place.copy(
            lambda session, receive: session.copy(query, receive), session, name=name, label=label
        )
        copy.key_set = KeySet(encoding=encoding, **fields)

    async def compare(session: CopySession) -> None:
        with hidden_file() as spool:
            comparison = KeyComparison(copy.levels, key_types=source.key_types, encoding=encoding, spool=spool.file)

            def receive(data: bytes) -> None:
                comparison.feed(data)
                place.copied(len(data), label)

            with copying_of(label):
                copy.keys = await session.copy(query, receive)
            copy.changes = await session.in_thread(partial(comparison.close, place, name=name))

    return Piece(weight=source.bytes // 4, run=compare if copy.levels else write)


def _digest_piece(copy: TableCopy) -> Piece:
    query = digest_query(copy.source.schema_name, copy.source.name)

    async def run(session: CopySession) -> None:
        with copying_of(f"the digest of {copy.source.label}"):
            copy.content_digest = await session.value(query)

    return Piece(weight=copy.source.bytes // 2, run=run)
