"""A table that is being copied: whole, or what changed in it since the backup that an increment builds on."""

from __future__ import annotations

from dataclasses import dataclass, field

import psycopg
from psycopg import sql

from sereno.backup.catalog import TableSource
from sereno.backup.chain import Chain, TableLevel
from sereno.backup.key_order import INTEGERS, Encoding, can_be_compared
from sereno.backup.manifest import KeyChanges, KeySet, RowsPart, Table

_DELTA_LIMIT = 2**63


@dataclass
class TableCopy:
    """A table while it is being copied; its pieces arrive in any order."""

    source: TableSource
    number: int
    encoding: Encoding | None = None
    """How its keys are written; None when they are not."""
    levels: tuple[TableLevel, ...] = ()
    """What its parents hold, oldest first, when only what changed since is copied."""
    parts: dict[int, RowsPart] = field(default_factory=dict)
    key_set: KeySet | None = None
    changes: KeyChanges | None = None
    keys: int = 0
    content_digest: str | None = None

    @property
    def watermark(self) -> int | None:
        """Rows of this transaction and later ones are copied; None for all rows."""
        return self.levels[-1].backup.manifest.snapshot.watermark if self.levels else None

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
            rows=self.keys if self.levels else sum(part.rows for part in parts),
            parts=parts,
            key_set=self.key_set,
            changes=self.changes,
            content_digest=self.content_digest,
        )


def copy_of(
    connection: psycopg.Connection, source: TableSource, *, number: int, keys: bool, chain: Chain | None
) -> TableCopy:
    """Decide how a table is copied.

    Args:
        connection: a session in the snapshot.
        source: the table.
        number: its number in the backup.
        keys: whether increments are to build on the backup.
        chain: what an increment builds on; None when every table goes in whole.
    """
    comparable = keys and can_be_compared(source, encoding=connection.info.parameter_status("server_encoding") or "")
    encoding = _encoding(connection, source) if comparable else None
    levels = _levels(chain, source, encoding) if chain and encoding else ()
    return TableCopy(source=source, number=number, encoding=encoding, levels=levels)


def _levels(chain: Chain, source: TableSource, encoding: Encoding) -> tuple[TableLevel, ...]:
    """The table in its parents, when rows of them and of now can be mixed."""
    parent = next((table for table in chain.newest.manifest.tables if table.oid == source.oid), None)
    if parent is None or parent.fingerprint != source.fingerprint or not source.is_heap or source.refers:
        return ()
    levels = chain.levels(source.oid)
    keys = levels[0].table.key_set
    return levels if keys and keys.encoding == encoding else ()


def _encoding(connection: psycopg.Connection, source: TableSource) -> Encoding:
    """Differences, when the key is one integer and no difference leaves 64 bits."""
    if len(source.key) != 1 or source.key_types[0] not in INTEGERS:
        return "copy-text"
    query = sql.SQL("SELECT min({key}), max({key}) FROM ONLY {table}").format(
        key=sql.Identifier(source.key[0]), table=sql.Identifier(source.schema_name, source.name)
    )
    low, high = connection.execute(query).fetchone() or (None, None)
    return "integer-deltas" if low is None or high - low < _DELTA_LIMIT else "copy-text"
