"""Filling a target: roles, schema before rows, rows over several connections, schema after rows, statistics."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import psycopg
from psycopg import sql

from sereno.backup.chain import TableLevel, open_chain
from sereno.backup.manifest import Sequence as SequenceState
from sereno.backup.manifest import Table
from sereno.backup.place import BackupPlace, OpenBackup
from sereno.database.connection import PINNED, UNHURRIED, connect, translated
from sereno.postgres.binaries import PostgresBinaries, find_binaries
from sereno.progress import ByteMeter, Progress, silent
from sereno.restore.archive import Section, fetched, read_contents, restore_section, without_tables
from sereno.restore.changes import apply_changes
from sereno.restore.chosen import RestorePlan
from sereno.restore.order import TooEarlyError, noticed
from sereno.restore.raw_bytes import copying_in
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore"
_SETTINGS = {**PINNED, **UNHURRIED, "TimeZone": "UTC", "search_path": "", "synchronous_commit": "off"}


@dataclass(frozen=True)
class Roles:
    """What became of the roles that the backup names. Without `owners_kept` everything belongs to the target's role."""

    created: tuple[str, ...]
    owners_kept: bool


def create_roles(plan: RestorePlan, target: Secret) -> Roles:
    """Make the roles that own things or hold grants and are missing in the target, without login.

    Only a superuser can give things to other roles; for anybody else nothing is made and owners are not kept.
    """
    with connect(target.resolve(), purpose=_PURPOSE, read_only=False) as connection, translated("creating roles"):
        if connection.info.parameter_status("is_superuser") != "on":
            return Roles(created=(), owners_kept=False)
        known = {row[0] for row in connection.execute("SELECT rolname FROM pg_catalog.pg_roles")}
        missing = tuple(role for role in plan.manifest.roles if role not in known)
        for role in missing:
            connection.execute(sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role)))
    return Roles(created=missing, owners_kept=True)


def restore_before_rows(system: System, plan: RestorePlan, target: Secret, roles: Roles) -> None:
    """Types, tables, functions and views, without indexes, constraints and triggers; then large objects."""
    backup = BackupPlace.of(system, store=plan.store).open(plan.backup)
    _restore_schema(backup, plan, target, roles, section="pre-data", jobs=1)
    large_objects = backup.manifest.large_objects
    if large_objects and plan.whole:
        with fetched(backup, large_objects) as archive:
            server, binaries = _programs(plan, target)
            restore_section(
                archive,
                "data",
                url=target.resolve(),
                server=server,
                binaries=binaries,
                keep_owners=roles.owners_kept,
            )


def load_rows(system: System, plan: RestorePlan, target: Secret, *, progress: Progress = silent) -> None:
    """Load every table's rows, the largest first, and what increments changed in them.

    Each table is loaded by one connection in one transaction, so that its rows keep their order. One whose check
    constraint reads another table may have to wait for that one's rows: it is tried again after the others.

    Raises:
        ContractError: rows do not satisfy a constraint, whichever tables come first.
    """
    chain = open_chain(BackupPlace.of(system, store=plan.store), plan.backup)
    tables = [chain.levels(table.oid) for table in plan.tables]
    sizes = {levels[-1].table.oid: sum(level.table.plain_bytes for level in levels) for levels in tables}
    meter = ByteMeter(progress, total=sum(sizes.values()), tables=[table.label for table in plan.tables])
    largest_first = sorted(tables, key=lambda levels: -sizes[levels[-1].table.oid])
    while largest_first:
        early: dict[int, TooEarlyError] = {}
        _in_parallel(
            target,
            [partial(_load_unless_early, levels=levels, meter=meter, early=early) for levels in largest_first],
            connections=system.restore.connections,
        )
        waiting = [levels for levels in largest_first if levels[-1].table.oid in early]
        if len(waiting) == len(largest_first):
            raise early[waiting[0][-1].table.oid]
        largest_first = waiting


def restore_after_rows(system: System, plan: RestorePlan, target: Secret, roles: Roles) -> None:
    """Sequences, then indexes, constraints, triggers and materialized views in parallel, then statistics."""
    backup = BackupPlace.of(system, store=plan.store).open(plan.backup)
    set_sequences(target, plan.manifest.sequences)
    _restore_schema(backup, plan, target, roles, section="post-data", jobs=system.restore.connections)
    largest_first = sorted(plan.tables, key=lambda table: -table.plain_bytes)
    _in_parallel(
        target,
        [partial(_analyze, table=table) for table in largest_first],
        connections=system.restore.connections,
    )


def _restore_schema(
    backup: OpenBackup, plan: RestorePlan, target: Secret, roles: Roles, *, section: Section, jobs: int
) -> None:
    server, binaries = _programs(plan, target)
    with fetched(backup, plan.schema_dump) as archive:
        entries = None if plan.whole else without_tables(read_contents(archive, binaries), plan.unwanted)
        restore_section(
            archive,
            section,
            url=target.resolve(),
            server=server,
            binaries=binaries,
            entries=entries,
            keep_owners=roles.owners_kept,
            jobs=jobs,
        )


def _programs(plan: RestorePlan, target: Secret) -> tuple[int, PostgresBinaries]:
    """The target's major version, and programs that know it and the backup's archives."""
    with connect(target.resolve(), purpose=_PURPOSE) as connection:
        server = connection.info.server_version // 10_000
    wrote = int(plan.manifest.versions.pg_dump.partition(".")[0])
    return server, find_binaries("pg_restore", "psql", at_least=max(server, wrote))


def _load_unless_early(
    connection: psycopg.Connection, *, levels: Sequence[TableLevel], meter: ByteMeter, early: dict[int, TooEarlyError]
) -> None:
    """Load a table; why a check refused its rows goes to `early`, where other tables may have to come first."""
    table = levels[-1].table
    try:
        with noticed(table):
            _load(connection, levels=levels, meter=meter)
    except TooEarlyError as error:
        early[table.oid] = error


def _load(connection: psycopg.Connection, *, levels: Sequence[TableLevel], meter: ByteMeter) -> None:
    whole, *increments = levels
    with connection.transaction():
        _fill(connection, whole, into=levels[-1].table, meter=meter)
        for level in increments:
            apply_changes(connection, level, into=levels[-1].table, copied=meter.add)


def _fill(connection: psycopg.Connection, level: TableLevel, *, into: Table, meter: ByteMeter) -> None:
    own = level.table.condition is None  # a configuration table of an extension has rows already
    if own and level.table.rows:
        # Emptied in the same transaction, a table is filled in the order of the rows, past its free space map.
        connection.execute(sql.SQL("TRUNCATE ONLY {}").format(sql.Identifier(into.schema_name, into.name)))
    copy_rows(connection, level, into=into, frozen=own, meter=meter)


def copy_rows(
    connection: psycopg.Connection, level: TableLevel, *, into: Table, frozen: bool, meter: ByteMeter
) -> None:
    """Load the rows of a whole table, under the name that the table has in the backup that is restored.

    Args:
        connection: in a transaction.
        level: the table as the backup holds it.
        into: the table as it is called in the target.
        frozen: this transaction made the table, or emptied it.
        meter: told of bytes.
    """
    table = level.table
    if not table.rows:
        return
    name = sql.Identifier(into.schema_name, into.name)
    columns = sql.SQL(", ").join(map(sql.Identifier, table.copied_columns))
    listed = sql.SQL("({})").format(columns) if table.copied_columns else sql.SQL("")
    copy = sql.SQL("COPY {} {} FROM STDIN {}").format(name, listed, copying_in(connection, frozen=frozen))
    with connection.cursor().copy(copy) as stream:
        for part in table.parts:
            for frame in level.backup.frames(part):
                stream.write(frame)
                meter.add(len(frame), into.label)


def set_sequences(target: Secret, sequences: Iterable[SequenceState]) -> None:
    """Let `sequences`, those that are there, stand where they stood."""
    query = "SELECT pg_catalog.setval(s, %s, %s) FROM pg_catalog.to_regclass(%s) AS s WHERE s IS NOT NULL"
    with connect(target.resolve(), purpose=_PURPOSE, read_only=False) as connection, translated("setting sequences"):
        for sequence in sequences:
            name = sql.Identifier(sequence.schema_name, sequence.name).as_string()
            connection.execute(query, (sequence.last_value, sequence.is_called, name))


def _analyze(connection: psycopg.Connection, *, table: Table) -> None:
    connection.execute(sql.SQL("ANALYZE {}").format(sql.Identifier(table.schema_name, table.name)))


def _in_parallel(
    target: Secret,
    work: Iterable[Callable[[psycopg.Connection], None]],
    *,
    connections: int,
) -> None:
    waiting = deque(work)
    failed = threading.Event()

    def worker() -> None:
        with (
            connect(
                target.resolve(), purpose=_PURPOSE, settings=_SETTINGS, read_only=False, autocommit=True
            ) as connection,
            translated("restoring rows"),
        ):
            while not failed.is_set():
                try:
                    piece = waiting.popleft()
                except IndexError:
                    return
                try:
                    piece(connection)
                except BaseException:
                    failed.set()
                    raise

    with ThreadPoolExecutor(max_workers=connections, thread_name_prefix="restore") as pool:
        for future in [pool.submit(worker) for _ in range(connections)]:
            future.result()
