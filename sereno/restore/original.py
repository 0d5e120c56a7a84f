"""The system's own database as it is now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from sereno.backup.catalog import TableSource, read_tables
from sereno.database.connection import COPY_SETTINGS, connect, translated
from sereno.systems.model import System

_PURPOSE = "restore"
_ESTIMATES = "SELECT oid::bigint, greatest(reltuples, 0)::bigint FROM pg_catalog.pg_class WHERE oid = ANY(%s::oid[])"
WHICH = """
SELECT d.datname, d.oid::bigint, pg_catalog.pg_postmaster_start_time()
FROM pg_catalog.pg_database d WHERE d.datname = pg_catalog.current_database()
"""


@dataclass(frozen=True)
class Original:
    """The system's database as it is now. `started_at` is when its server did, by which a server is known."""

    name: str
    oid: int
    started_at: datetime
    tables: tuple[TableSource, ...]
    estimated_rows: dict[int, int]


def look(system: System) -> Original:
    """The system's database, through the role that reads."""
    url = system.database.reading_url.resolve()
    with connect(url, purpose=_PURPOSE, settings=COPY_SETTINGS) as connection, translated("looking at the original"):
        name, oid, started_at = connection.execute(WHICH).fetchone() or ("", 0, datetime.now(UTC))
        tables = read_tables(connection)
        estimates = connection.execute(_ESTIMATES, ([table.oid for table in tables],)).fetchall()
    return Original(name=name, oid=oid, started_at=started_at, tables=tables, estimated_rows=dict(estimates))
