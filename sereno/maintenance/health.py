"""What a purge gives way to: autovacuum on its table, replicas that lag, connections that run short."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.database.sessions import ChangeSession
from sereno.maintenance.own_sql import own
from sereno.maintenance.table import PurgeTable
from sereno.reports.build import human_bytes
from sereno.systems.sections.maintenance import Maintenance

_MEBIBYTE = 1024 * 1024
_HEALTH = """
SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum v
               WHERE v.relid = CAST(:oid AS oid)
                  OR v.relid IN (SELECT inhrelid FROM pg_catalog.pg_inherits WHERE inhparent = CAST(:oid AS oid)))
       AS vacuumed,
       CASE WHEN pg_catalog.pg_is_in_recovery() THEN 0 ELSE coalesce((
           SELECT max(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), r.replay_lsn))
           FROM pg_catalog.pg_stat_replication r), 0) END::bigint AS lag_bytes,
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
           - (SELECT coalesce(sum(numbackends), 0) FROM pg_catalog.pg_stat_database)::int AS free_connections
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """How the server is, as far as the role may see it: lag needs `pg_monitor`."""

    vacuumed: bool
    lag_bytes: int
    free_connections: int

    def reason_to_wait(self, table: str, limits: Maintenance) -> str:
        """Why a purge of `table` should wait; empty when it need not."""
        if self.vacuumed:
            return f"a vacuum works on {table}"
        if self.lag_bytes > limits.replication_lag_mebibytes * _MEBIBYTE:
            return f"a replica is {human_bytes(self.lag_bytes)} behind"
        if self.free_connections < limits.free_connections:
            return f"only {max(0, self.free_connections)} connections are free"
        return ""


def look_at(session: ChangeSession, table: PurgeTable) -> Health:
    """How the server is now.

    Raises:
        SystemUnavailableError: the connection was lost.
    """
    with session.transaction():
        (row,) = session.returned(own(_HEALTH), {"oid": table.oid})
    return Health(**row)
