"""Tables and indexes as a look at a database gives them, for the tests of what is made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sereno.care.indexes import Index
from sereno.care.tables import Table

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")


def index(name: str, *keys: str, **changes: Any) -> Index:
    """An index on `keys` that nothing is the matter with, but for `changes`."""
    given: dict[str, Any] = {
        "name": name, "table_name": "public.t", "method": "btree", "is_unique": False, "is_primary": False,
        "keeps_constraint": False, "is_referenced": False, "is_valid": True, "is_identity": False,
        "being_built": False, "is_of_partitions": False, "scans": 0, "bytes": 10**8, "keys": keys,
        "carries_columns": False, "rest": "//1", "empty_bytes": 0,
    }  # fmt: skip
    return Index(**{**given, **changes})


def table(name: str, size: int, **changes: Any) -> Table:
    """A table of `size` bytes that nothing is the matter with, but for `changes`."""
    given: dict[str, Any] = {
        "name": name, "oid": 1, "is_view": False, "locked": False, "rows": 100, "live_rows": 100, "dead_rows": 0,
        "table_bytes": size, "index_bytes": 0, "vacuumed_at": None, "analyzed_at": None, "transaction_ids": 1,
        "autovacuum_off": False, "empty_bytes": 0,
    }  # fmt: skip
    return Table(**{**given, **changes})
