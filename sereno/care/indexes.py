"""The indexes of a database: which are used, valid, double or swollen, and which foreign keys have none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sereno.database.read_session import ReadSession

# Who builds an index is hidden from a plain role, but not the lock of whoever does.
# `keys` is everything that decides what an index can be used for; an index whose keys begin another's is covered by it
_INDEXES = """
    WITH locked AS (
      SELECT DISTINCT l.relation FROM pg_catalog.pg_locks l
      WHERE l.mode = 'AccessExclusiveLock' AND l.relation IS NOT NULL
        AND l.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
    )
    SELECT format('%I.%I', n.nspname, c.relname) AS name, format('%I.%I', tn.nspname, t.relname) AS table_name,
           a.amname::text AS method, i.indisunique AS is_unique, i.indisprimary AS is_primary,
           EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype <> 'f')
             AS keeps_constraint,
           EXISTS (SELECT FROM pg_catalog.pg_constraint k WHERE k.conindid = c.oid AND k.contype = 'f')
             AS is_referenced,
           i.indisvalid AND i.indisready AS is_valid, i.indisreplident AS is_identity,
           EXISTS (SELECT FROM pg_catalog.pg_stat_progress_create_index p WHERE p.index_relid = c.oid)
             OR NOT i.indisvalid AND NOT pg_catalog.pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')
                AND EXISTS (SELECT FROM pg_catalog.pg_locks l WHERE l.relation = t.oid AND l.granted
                            AND l.mode = 'ShareUpdateExclusiveLock') AS being_built,
           c.relispartition OR c.relkind = 'I' AS is_of_partitions,
           coalesce(s.idx_scan, 0) AS scans,
           CASE WHEN c.relkind = 'i' AND c.oid NOT IN (SELECT relation FROM locked)
                THEN pg_catalog.pg_relation_size(c.oid) END AS bytes,
           ARRAY(SELECT concat_ws(' ', i.indkey[k], i.indclass[k], i.indcollation[k], i.indoption[k])
                 FROM generate_series(0, i.indnkeyatts - 1) k) AS keys,
           i.indnatts > i.indnkeyatts AS carries_columns,
           coalesce(i.indexprs::text, '') || '/' || coalesce(i.indpred::text, '') || '/' || i.indrelid AS rest,
           CASE WHEN a.amname = 'btree' AND c.relkind = 'i' AND c.reltuples >= 0 AND w.columns = i.indnatts THEN
             greatest(0, c.relpages::bigint - 1 - ceil(c.reltuples
               * (4 + 8 * ceil((8 + CASE WHEN w.nulls THEN 4 ELSE 0 END) / 8.0) + 8 * ceil(w.width / 8.0))
               / ((current_setting('block_size')::int - 40) * coalesce(
                   (SELECT option_value::int FROM pg_catalog.pg_options_to_table(c.reloptions)
                    WHERE option_name = 'fillfactor'), 90) / 100.0)))::bigint
             * current_setting('block_size')::int END AS empty_bytes
    FROM pg_catalog.pg_index i
    JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
    JOIN pg_catalog.pg_namespace tn ON tn.oid = t.relnamespace
    JOIN pg_catalog.pg_am a ON a.oid = c.relam
    LEFT JOIN pg_catalog.pg_stat_all_indexes s ON s.indexrelid = c.oid
    LEFT JOIN LATERAL (
      SELECT count(*) AS columns, sum(st.avg_width * (1 - st.null_frac)) AS width, bool_or(st.null_frac > 0) AS nulls
      FROM pg_catalog.pg_attribute ia
      JOIN pg_catalog.pg_stats st ON st.schemaname = tn.nspname AND NOT st.inherited AND CASE
        WHEN i.indkey[ia.attnum - 1] = 0 THEN st.tablename = c.relname AND st.attname = ia.attname
        ELSE st.tablename = t.relname AND st.attname = (
          SELECT ta.attname FROM pg_catalog.pg_attribute ta
          WHERE ta.attrelid = t.oid AND ta.attnum = i.indkey[ia.attnum - 1]) END
      WHERE ia.attrelid = c.oid AND ia.attnum > 0) w ON c.relpages > 128
    WHERE c.relpersistence <> 't' AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 1
"""

_UNINDEXED = """
    SELECT k.conname::text AS name, format('%I.%I', n.nspname, t.relname) AS table_name,
           (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY o.place)
            FROM unnest(k.conkey) WITH ORDINALITY o (number, place)
            JOIN pg_catalog.pg_attribute a ON a.attrelid = t.oid AND a.attnum = o.number) AS columns,
           format('%I.%I', pn.nspname, p.relname) AS parent,
           CASE WHEN t.reltuples >= 0 THEN t.reltuples::bigint END AS rows
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class t ON t.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = t.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
    WHERE k.contype = 'f' AND t.relkind = 'r'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND NOT EXISTS (
        SELECT FROM pg_catalog.pg_index i
        WHERE i.indrelid = t.oid AND i.indisvalid AND i.indpred IS NULL
          AND (i.indkey::smallint[])[0:array_upper(k.conkey, 1) - 1] @> k.conkey)
    ORDER BY t.reltuples DESC, 1
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index. Names are quoted where SQL needs it."""

    name: str
    table_name: str
    method: str
    is_unique: bool
    is_primary: bool
    keeps_constraint: bool
    """Whether a primary key, a unique or an exclusion constraint stands on it."""
    is_referenced: bool
    """Whether a foreign key of another table rests on it."""
    is_valid: bool
    is_identity: bool
    """Whether logical replication tells rows apart by it."""
    being_built: bool
    is_of_partitions: bool
    scans: int
    bytes: int | None
    """None while somebody has it to himself."""
    keys: tuple[str, ...]
    carries_columns: bool
    """Whether it has INCLUDE columns."""
    rest: str
    empty_bytes: int | None
    """Empty space, by estimate; B-trees of more than a megabyte only."""

    @property
    def may_go(self) -> bool:
        """Whether nothing but queries would miss it."""
        needed = self.is_unique or self.keeps_constraint or self.is_referenced or self.is_identity
        return not (needed or self.is_of_partitions)

    @property
    def empty_percent(self) -> float:
        """How much of it is empty space; 0 where that is not known."""
        return 100 * self.empty_bytes / self.bytes if self.empty_bytes and self.bytes else 0.0

    @property
    def is_leftover(self) -> bool:
        """Whether an interrupted REINDEX CONCURRENTLY left it: such an index is to be dropped, not rebuilt."""
        return not self.is_valid and self.name.rstrip('"0123456789').endswith(("_ccnew", "_ccold"))


@dataclass(frozen=True, slots=True, kw_only=True)
class UnindexedKey:
    """A foreign key whose columns no index begins with: deleting a parent reads the whole table."""

    name: str
    table_name: str
    columns: str
    parent: str
    rows: int | None


def look(session: ReadSession) -> tuple[Index, ...]:
    """Ask the catalog and the statistics; sorted by name."""
    return tuple(Index(**{**row, "keys": tuple(row["keys"])}) for row in session.rows(_INDEXES))


def unindexed_keys(session: ReadSession) -> tuple[UnindexedKey, ...]:
    """Ask the catalog; those of the largest tables first."""
    return tuple(UnindexedKey(**row) for row in session.rows(_UNINDEXED))


def unused(indexes: Iterable[Index], *, at_least_bytes: int) -> list[Index]:
    """Those that no query has used since the server counts, and that nothing else needs; the largest first."""
    found = [each for each in indexes if each.is_valid and each.may_go and not each.scans]
    large = [each for each in found if each.bytes is not None and each.bytes >= at_least_bytes]
    return sorted(large, key=lambda index: -(index.bytes or 0))


def doubles(indexes: Iterable[Index]) -> list[tuple[Index, Index]]:
    """Each index that could go because another one does all that it does, with that other one."""
    by_table: dict[tuple[str, str], list[Index]] = {}
    for index in indexes:
        if index.is_valid:
            by_table.setdefault((index.method, index.rest), []).append(index)
    pairs = []
    for group in by_table.values():
        for index in group:
            other = next((each for each in group if _covers(each, index)), None)
            if other and index.may_go:
                pairs.append((index, other))
    return pairs


def _covers(other: Index, index: Index) -> bool:
    if other is index or index.carries_columns:
        return False
    if other.keys == index.keys:
        kept = (not other.may_go, other.carries_columns, -len(other.name), other.name)
        return kept > (not index.may_go, index.carries_columns, -len(index.name), index.name)
    longer = len(other.keys) > len(index.keys) and other.method == "btree"
    return longer and other.keys[: len(index.keys)] == index.keys
