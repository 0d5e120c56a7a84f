"""The server and the database as a whole: version, room for connections, memory, transaction ids, what holds them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sereno.database.read_session import ReadSession

IDS = 2**31
"""How far apart two transaction ids may be before the older one would seem to lie in the future."""

_SERVER = """
    SELECT current_setting('server_version') AS version, current_database()::text AS database,
           (SELECT system_identifier FROM pg_catalog.pg_control_system()) || ' ' || d.oid AS identity,
           current_user::text AS role,
           pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE') AS sees_everything,
           extract(epoch FROM clock_timestamp() - pg_catalog.pg_postmaster_start_time())::float8 AS up_seconds,
           CASE WHEN pg_catalog.has_database_privilege(d.oid, 'CONNECT')
                THEN pg_catalog.pg_database_size(d.oid) END AS database_bytes,
           current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int
             - coalesce(current_setting('reserved_connections', true)::int, 0) AS connections_allowed,
           age(d.datfrozenxid)::bigint AS transaction_ids, pg_catalog.mxid_age(d.datminmxid)::bigint AS multixact_ids,
           s.stats_reset AS counted_since, s.deadlocks, s.temp_bytes,
           extract(epoch FROM clock_timestamp()
             - coalesce(s.stats_reset, pg_catalog.pg_postmaster_start_time()))::float8 AS counted_seconds,
           t.heap_hit, t.heap_read, t.index_hit, t.index_read
    FROM pg_catalog.pg_database d
    LEFT JOIN pg_catalog.pg_stat_database s ON s.datid = d.oid
    CROSS JOIN (SELECT coalesce(sum(heap_blks_hit), 0)::bigint AS heap_hit,
                       coalesce(sum(heap_blks_read), 0)::bigint AS heap_read,
                       coalesce(sum(idx_blks_hit), 0)::bigint AS index_hit,
                       coalesce(sum(idx_blks_read), 0)::bigint AS index_read
                FROM pg_catalog.pg_statio_user_tables) t
    WHERE d.datname = current_database()
"""

_HOLDERS = """
    SELECT 'prepared transaction ' || gid AS what,
           extract(epoch FROM clock_timestamp() - prepared)::float8 AS seconds, age(transaction)::bigint AS ids,
           NULL::bigint AS kept_bytes
    FROM pg_catalog.pg_prepared_xacts WHERE database = current_database()
    UNION ALL
    SELECT CASE WHEN active THEN 'replication slot ' ELSE 'replication slot without a consumer ' END || slot_name,
           NULL, greatest(age(xmin), age(catalog_xmin))::bigint,
           CASE WHEN NOT pg_catalog.pg_is_in_recovery()
                THEN pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(), restart_lsn)::bigint END
    FROM pg_catalog.pg_replication_slots WHERE NOT temporary
    ORDER BY 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """A prepared transaction or a replication slot: it lasts until somebody ends it, and keeps old rows or WAL."""

    what: str
    seconds: float | None
    """How long a prepared transaction has been waiting."""
    ids: int | None
    """The age, in transaction ids, of the oldest row that it keeps."""
    kept_bytes: int | None
    """The WAL that a slot keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """The server, and the database on it, when it was looked at. Blocks are of 8 KiB."""

    version: str
    database: str
    identity: str
    """Of the cluster and of the database in it, so that it is not taken for another one of that name."""
    role: str
    sees_everything: bool
    """Whether the role may see other roles' sessions and statements (`pg_monitor`)."""
    up_seconds: float
    database_bytes: int | None
    connections_allowed: int
    """Without those that are reserved for superusers."""
    transaction_ids: int
    multixact_ids: int
    counted_since: datetime | None
    """When the database's counters were set to zero; None where they never were."""
    counted_seconds: float
    """How long they have counted for certain."""
    deadlocks: int
    temp_bytes: int
    heap_hit: int
    heap_read: int
    index_hit: int
    index_read: int
    holders: tuple[Holder, ...] = ()

    @property
    def table_hit_percent(self) -> float | None:
        """How many of a hundred table blocks came out of the server's memory; None when none was asked for."""
        return _percent(self.heap_hit, self.heap_hit + self.heap_read)

    @property
    def index_hit_percent(self) -> float | None:
        """The same of index blocks."""
        return _percent(self.index_hit, self.index_hit + self.index_read)

    @property
    def ids_percent(self) -> float:
        """How much of the ids is used up between the oldest row and now."""
        return 100 * max(self.transaction_ids, self.multixact_ids) / IDS


def look(session: ReadSession) -> Server:
    """Ask the catalog and the statistics."""
    (row,) = session.rows(_SERVER)
    return Server(**row, holders=tuple(Holder(**holder) for holder in session.rows(_HOLDERS)))


def _percent(part: int, whole: int) -> float | None:
    return 100 * part / whole if whole else None
