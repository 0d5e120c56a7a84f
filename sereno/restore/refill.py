"""Putting a backup's rows into tables that are there: one connection, one transaction, proven before it is committed.

Foreign keys are not checked row by row, since no order of tables suits every schema, but each of them as a whole when
all rows are there. Until the commit the tables are locked, and a failure leaves them as they were.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg
from psycopg import sql

from sereno.backup.chain import TableLevel, open_chain
from sereno.backup.copying import count_query, digest_query
from sereno.backup.manifest import Sequence as SequenceState
from sereno.backup.manifest import Table
from sereno.backup.place import BackupPlace
from sereno.database.connection import PINNED, UNHURRIED, connect, translated
from sereno.progress import ByteMeter, Progress, silent
from sereno.reports.model import Finding
from sereno.restore.changes import apply_changes
from sereno.restore.chosen import RestorePlan
from sereno.restore.load import copy_rows, set_sequences
from sereno.restore.order import Order, TooEarlyError, noticed
from sereno.restore.orphans import check_references
from sereno.restore.present import PresentTables, empty, find_tables, require_skipped_triggers
from sereno.restore.prove import PartDigests, content_finding, digest_finding
from sereno.restore.prove_schema import sequences_finding
from sereno.restore.raw_bytes import copying_in
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore"
_NO_PATH = "SELECT pg_catalog.set_config('search_path', '', true)"
_OWNED_SEQUENCES = """
SELECT n.nspname, c.relname
FROM pg_catalog.pg_depend d
JOIN pg_catalog.pg_class c ON c.oid = d.objid AND c.relkind = 'S'
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.refclassid = 'pg_catalog.pg_class'::regclass
  AND d.deptype IN ('a', 'i') AND d.refobjid = ANY(%s::oid[])
"""


@dataclass(frozen=True)
class Refilled:
    """What was found of rows, foreign keys and sequences. Not `committed`, everything is as it was."""

    findings: tuple[Finding, ...]
    committed: bool


def refill(
    system: System, plan: RestorePlan, target: Secret, *, overwrite: bool, progress: Progress = silent
) -> Refilled:
    """Load the rows of `plan.tables`; they are committed only when everything is found as it was backed up.

    Args:
        system: whose backup it is.
        plan: what to restore.
        target: a role that may set session_replication_role and truncate the tables.
        overwrite: delete the rows that the tables hold; else they have to be empty.
        progress: told of bytes.

    Raises:
        RefusedError: the tables do not fit, are not empty, or the role may not switch triggers off.
        SystemUnavailableError: a lock was not to be had.
    """
    chain = open_chain(BackupPlace.of(system, store=plan.store), plan.backup)
    levels = {table.oid: chain.levels(table.oid) for table in plan.tables}
    total = sum(level.table.plain_bytes for each in levels.values() for level in each)
    meter = ByteMeter(progress, total=total, tables=[table.label for table in plan.tables])
    settings = {
        **PINNED,
        **UNHURRIED,
        "TimeZone": "UTC",
        "lock_timeout": f"{system.database.lock_timeout_seconds}s",
    }
    order = Order(plan.tables)
    with (
        connect(target.resolve(), purpose=_PURPOSE, settings=settings, read_only=False, autocommit=True) as connection,
        translated("restoring rows"),
    ):
        while True:
            try:
                with connection.transaction() as transaction:
                    present = _made_ready(connection, plan, overwrite=overwrite)
                    for loading in order.tables:
                        _load(connection, levels[loading.oid], present, meter=meter)
                    findings = (
                        *(_proven(connection, table, present) for table in plan.tables),
                        *check_references(connection, _with_ancestors(present)),
                    )
                    if not all(finding.passed for finding in findings):
                        raise psycopg.Rollback(transaction)
                break
            except TooEarlyError as early:
                order.move_back(loading.oid, early)
        committed = all(finding.passed for finding in findings)
        if committed:
            findings = (*findings, _finish(connection, plan, present, target))
    return Refilled(findings, committed=committed)


def _made_ready(connection: psycopg.Connection, plan: RestorePlan, *, overwrite: bool) -> PresentTables:
    connection.execute(_NO_PATH)
    require_skipped_triggers(connection)
    find_tables(connection, plan.tables, overwrite=overwrite)
    names = [sql.SQL("ONLY {}").format(sql.Identifier(table.schema_name, table.name)) for table in plan.tables]
    connection.execute(sql.SQL("LOCK TABLE {} IN ACCESS EXCLUSIVE MODE").format(sql.SQL(", ").join(names)))
    present = find_tables(connection, plan.tables, overwrite=overwrite)
    empty(connection, present)
    return present


def _load(
    connection: psycopg.Connection, levels: Sequence[TableLevel], present: PresentTables, *, meter: ByteMeter
) -> None:
    whole, *increments = levels
    into = levels[-1].table
    emptied = any(table.label == into.label and table.oid in present.emptied for table in present.chosen)
    with noticed(into):
        copy_rows(connection, whole, into=into, frozen=emptied, meter=meter)
        for level in increments:
            apply_changes(connection, level, into=into, copied=meter.add)


def _proven(connection: psycopg.Connection, table: Table, present: PresentTables) -> Finding:
    if table.changes:
        return _counted(connection, table, present)
    digests, rows = PartDigests([part.plain_bytes for part in table.parts]), 0
    columns = sql.SQL(", ").join(map(sql.Identifier, table.copied_columns))
    listed = sql.SQL("({})").format(columns) if table.copied_columns else sql.SQL("")
    name = sql.Identifier(table.schema_name, table.name)
    query = sql.SQL("COPY {} {} TO STDOUT {}").format(name, listed, copying_in(connection))
    with connection.cursor().copy(query) as stream:
        for block in map(bytes, stream):
            digests.update(block)
            rows += block.count(b"\n")
    return content_finding(table, rows, digests)


def _counted(connection: psycopg.Connection, table: Table, present: PresentTables) -> Finding:
    (there,) = [each for each in present.chosen if each.label == table.label]
    columns = [column.name for column in table.columns]
    comparable = set(columns) <= {column.name for column in there.columns}
    rows = connection.execute(count_query(table.schema_name, table.name).encode()).fetchone()
    digest = connection.execute(digest_query(table.schema_name, table.name, columns if comparable else None).encode())
    known = table if comparable else table.model_copy(update={"content_digest": None})
    return digest_finding(known, int(rows[0] if rows else 0), str((digest.fetchone() or ("",))[0]))


def _with_ancestors(present: PresentTables) -> set[int]:
    """The chosen tables and those that they are partitions of, which is where foreign keys may be declared."""
    parents = {table.oid: table.partition_of for table in present.everything}
    oids = set(present.members)
    waiting = list(oids)
    while waiting:
        parent = parents.get(waiting.pop())
        if parent is not None and parent not in oids:
            oids.add(parent)
            waiting.append(parent)
    return oids


def _finish(connection: psycopg.Connection, plan: RestorePlan, present: PresentTables, target: Secret) -> Finding:
    """Sequences, which no transaction takes back, are set after the commit; then statistics."""
    sequences = plan.manifest.sequences if plan.whole else _owned(connection, plan.manifest.sequences, present)
    set_sequences(target, sequences)
    for table in plan.tables:
        connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.schema_name, table.name)))
    return sequences_finding(target, sequences, complete=False)


def _owned(
    connection: psycopg.Connection, sequences: Sequence[SequenceState], present: PresentTables
) -> tuple[SequenceState, ...]:
    owned = set(connection.execute(_OWNED_SEQUENCES, (list(present.members),)).fetchall())
    return tuple(sequence for sequence in sequences if (sequence.schema_name, sequence.name) in owned)
