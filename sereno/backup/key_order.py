"""The order of key sets: the server sorts them, and we merge them in the very same order.

A key is one line of COPY text. Integers are ordered by value, uuids and everything else by the bytes of their text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Literal

from sereno.backup.catalog import TableSource
from sereno.backup.copying import quoted

Encoding = Literal["integer-deltas", "copy-text"]
OrderKey = tuple[int | bytes, ...]

INTEGERS = frozenset({"int2", "int4", "int8"})
_OWN_ORDER = INTEGERS | {"uuid"}
_TEXTS = frozenset({"text", "varchar"})
_OTHERS = frozenset({"bpchar", "name", "citext", "numeric", "bool", "bytea", "float4", "float8", "date", "time"}) | {
    "timestamp", "timestamptz", "timetz", "interval", "inet", "cidr", "macaddr", "macaddr8", "enum",
}  # fmt: skip
_BYTE_ORDERED_ENCODINGS = frozenset({"UTF8", "LATIN1", "SQL_ASCII"})

_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}


def can_be_compared(source: TableSource, *, encoding: str) -> bool:
    """Whether the table's keys mean the same from backup to backup, in an order that we can follow.

    Types whose text depends on something else (such as regclass on names) do not, nor do texts in a database whose
    encoding sorts differently from UTF-8.
    """
    kinds = set(source.key_types)
    if not kinds or source.condition is not None or not kinds <= _OWN_ORDER | _TEXTS | _OTHERS:
        return False
    return kinds <= _OWN_ORDER or encoding in _BYTE_ORDERED_ENCODINGS


def keys_query(source: TableSource, encoding: Encoding) -> str:
    """The table's keys, sorted, as `encoding` wants them."""
    table = f"FROM ONLY {quoted(source.schema_name, source.name)}"
    columns = [quoted(column) for column in source.key]
    if encoding == "integer-deltas":
        (key,) = columns
        return f"SELECT {key}::bigint - lag({key}::bigint, 1, 0::bigint) OVER (ORDER BY {key}) {table}"
    order = (_sorted_by(column, kind) for column, kind in zip(columns, source.key_types, strict=True))
    return f"SELECT {', '.join(columns)} {table} ORDER BY {', '.join(order)}"


def _sorted_by(column: str, kind: str) -> str:
    if kind in _OWN_ORDER:
        return column
    text = column if kind in _TEXTS else f"pg_catalog.format('%s', {column})"  # exactly what COPY writes
    return f'{text} COLLATE "C"'


def order_of(key_types: Sequence[str]) -> Callable[[bytes], OrderKey]:
    """A function that gives for a line of COPY text (without its line feed) what it is sorted by."""
    integers = [kind in INTEGERS for kind in key_types]
    if integers == [True]:
        return lambda line: (int(line),)

    def order(line: bytes) -> OrderKey:
        fields = line.split(b"\t")
        return tuple(int(field) if number else _plain(field) for field, number in zip(fields, integers, strict=True))

    return order


def _plain(field: bytes) -> bytes:
    """The field as it was before COPY escaped it."""
    return _ESCAPE.sub(lambda match: _ESCAPED.get(match[1], match[1]), field) if b"\\" in field else field
