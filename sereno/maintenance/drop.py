"""Dropping one partition whole, in a transaction of its own."""

from __future__ import annotations

from typing import Any, cast

from sereno.database.connection import connect, translated
from sereno.database.session_settings import session_settings
from sereno.database.sessions import ChangeSession
from sereno.errors import RefusedError
from sereno.intents import Figures, Keys
from sereno.maintenance.own_sql import own
from sereno.maintenance.partitions import Partition
from sereno.maintenance.plan import PurgePlan
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile

_THERE = "SELECT count(*) AS there FROM pg_catalog.pg_class WHERE oid = CAST(:oid AS oid)"


def drop_partition(system: System, plan: PurgePlan, partition: Partition) -> Figures:
    """Detach and drop a partition, when all its rows are still old and none is held; how many rows that were.

    Nobody can use the table while this goes on, which is not longer than the lock timeout and a moment.

    Raises:
        RefusedError: it has rows now that may not go.
        SystemUnavailableError: somebody uses the table, or the connection was lost.
        ContractError: rows of other tables refer to the partition's.
    """
    settings = session_settings(system)
    settings["lock_timeout"] = f"{system.maintenance.lock_timeout_seconds}s"
    count, _ = SqlFile(own("").path, plan.statements.old_in(partition.quoted)).for_psycopg()
    url = system.database.url.resolve()
    purpose = f"maintenance: drop {partition}"
    with (
        connect(url, purpose=purpose, settings=settings, read_only=False, autocommit=True) as connection,
        translated(f"dropping {partition}"),
        connection.transaction(),
    ):
        connection.execute(f"LOCK TABLE {plan.table.quoted} IN ACCESS EXCLUSIVE MODE".encode())
        rows, old = connection.execute(count.encode(), {"cutoff": plan.value}).fetchone() or (0, 0)
        if rows != old:
            raise RefusedError(f"{partition} was not dropped: it has got rows that may not go")
        connection.execute(f"ALTER TABLE {plan.table.quoted} DETACH PARTITION {partition.quoted}".encode())
        connection.execute(f"DROP TABLE {partition.quoted}".encode())
    return {"deleted": int(rows), "partitions": 1}


def was_dropped(session: ChangeSession, keys: Keys) -> Figures | None:
    """What the transaction that dropped a partition did; None when the partition is still there."""
    said = cast("dict[str, Any]", keys[0])
    with session.transaction():
        (row,) = session.returned(own(_THERE), {"oid": said["oid"]})
    return None if row["there"] else {"deleted": int(said["rows"]), "partitions": 1}
