"""The tables of a database: how large, how full of dead rows and empty space, when they were last cleaned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sereno.database.read_session import ReadSession

# Sizes are asked of files, which waits for a lock: of a table that somebody has to himself, none is asked. The empty
# space is what the table has more than its rows would take by their average width, which ANALYZE has written down.
_TABLES = """
    WITH locked AS (
      SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l
      WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    ), widths AS (
      SELECT s.schemaname, s.tablename, count(*) AS columns,
             sum(s.avg_width * (1 - s.null_frac)) AS width, bool_or(s.null_frac > 0) AS nulls
      FROM pg_catalog.pg_stats s WHERE NOT s.inherited GROUP BY 1, 2
    ), measured AS (
      SELECT c.oid, n.nspname, c.relname, c.reltuples, c.relfrozenxid, c.reloptions, c.relkind,
             c.oid IN (SELECT relation FROM locked) AS locked,
             CASE WHEN c.oid NOT IN (SELECT relation FROM locked)
                  THEN pg_catalog.pg_relation_size(c.oid) END AS main_bytes,
             CASE WHEN c.oid NOT IN (SELECT relation FROM locked) THEN pg_catalog.pg_table_size(c.oid)
                  ELSE c.relpages::bigint * current_setting('block_size')::int END AS table_bytes,
             CASE WHEN c.oid NOT IN (SELECT relation FROM locked)
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_index i JOIN locked l ON l.relation = i.indexrelid
                                  WHERE i.indrelid = c.oid)
                  THEN pg_catalog.pg_indexes_size(c.oid)
                  ELSE (SELECT coalesce(sum(ic.relpages::bigint), 0)::bigint * current_setting('block_size')::int
                        FROM pg_catalog.pg_index i JOIN pg_catalog.pg_class ic ON ic.oid = i.indexrelid
                        WHERE i.indrelid = c.oid) END AS index_bytes,
             (SELECT count(*) FROM pg_catalog.pg_attribute a
              WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped) AS columns,
             coalesce((SELECT option_value::int FROM pg_catalog.pg_options_to_table(c.reloptions)
                       WHERE option_name = 'fillfactor'), 100) AS fillfactor,
             current_setting('block_size')::int AS block
      FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't'
        AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    )
    SELECT format('%I.%I', m.nspname, m.relname) AS name, m.oid::bigint AS oid, m.relkind = 'm' AS is_view, m.locked,
           CASE WHEN m.reltuples >= 0 THEN m.reltuples::bigint END AS rows,
           coalesce(s.n_live_tup, 0) AS live_rows, coalesce(s.n_dead_tup, 0) AS dead_rows,
           m.table_bytes, m.index_bytes, greatest(s.last_vacuum, s.last_autovacuum) AS vacuumed_at,
           greatest(s.last_analyze, s.last_autoanalyze) AS analyzed_at,
           pg_catalog.age(m.relfrozenxid)::bigint AS transaction_ids,
           EXISTS (SELECT FROM pg_catalog.pg_options_to_table(m.reloptions)
                   WHERE option_name = 'autovacuum_enabled' AND option_value IN ('false', 'off', '0', 'no'))
             AS autovacuum_off,
           CASE WHEN m.reltuples >= 0 AND w.columns = m.columns AND NOT m.locked THEN
             greatest(0, m.main_bytes - m.block * ceil(m.reltuples / greatest(1, floor(
               (m.block - 24) * m.fillfactor / 100.0
               / (4 + 8 * ceil((23 + CASE WHEN w.nulls THEN ceil(m.columns / 8.0) ELSE 0 END) / 8.0)
                    + 8 * ceil(w.width / 8.0))))))::bigint END AS empty_bytes
    FROM measured m
    LEFT JOIN pg_catalog.pg_stat_all_tables s ON s.relid = m.oid
    LEFT JOIN widths w ON w.schemaname = m.nspname AND w.tablename = m.relname
    ORDER BY m.table_bytes + m.index_bytes DESC, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An ordinary table, a partition or a materialized view. Names are quoted where SQL needs it."""

    name: str
    oid: int
    is_view: bool
    locked: bool
    """Whether a session has or wants it to itself, so that its size is that of the last VACUUM or ANALYZE."""
    rows: int | None
    """As of the last ANALYZE; None where there was none."""
    live_rows: int
    dead_rows: int
    table_bytes: int
    """With what is stored beside the rows (TOAST), without indexes."""
    index_bytes: int
    vacuumed_at: datetime | None
    analyzed_at: datetime | None
    transaction_ids: int
    """The age of its oldest row."""
    autovacuum_off: bool
    empty_bytes: int | None
    """Empty space, by estimate; None where the statistics for it are not there or not shown to the role."""

    @property
    def total_bytes(self) -> int:
        """The table with its indexes."""
        return self.table_bytes + self.index_bytes

    @property
    def dead_percent(self) -> float:
        """How much of its rows is dead."""
        every = max(self.live_rows, self.rows or 0) + self.dead_rows  # either may lag behind
        return 100 * self.dead_rows / every if every else 0.0

    @property
    def empty_percent(self) -> float:
        """How much of it is empty space; 0 where that is not known."""
        return 100 * self.empty_bytes / self.table_bytes if self.empty_bytes and self.table_bytes else 0.0


def look(session: ReadSession) -> tuple[Table, ...]:
    """Ask the catalog and the statistics; the largest first."""
    return tuple(Table(**row) for row in session.rows(_TABLES))
