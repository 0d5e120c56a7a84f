"""What a restore would do: which backup, which tables, what the target lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import psycopg

from sereno.backup.manifest import Table
from sereno.backup.place import LATEST, OpenBackup
from sereno.database.connection import COPY_SETTINGS, connect, translated
from sereno.errors import RefusedError
from sereno.postgres.binaries import find_binaries
from sereno.reports.model import Finding
from sereno.restore.archive import fetched, read_contents
from sereno.restore.chosen import RestorePlan, choose_tables
from sereno.restore.left_out import LeftOutKey, left_out_keys
from sereno.restore.present import find_tables, require_skipped_triggers
from sereno.restore.source import open_source
from sereno.restore.target import require_empty, target_url
from sereno.restore.volume_plan import planned_volumes
from sereno.restore.way import Way, WithVolumes, way_of
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.restore import ORIGINAL, SCRATCH

__all__ = ["RestorePlan", "choose_tables", "lacks", "plan_restore"]


def plan_restore(
    system: System,
    *,
    backup: str = LATEST,
    as_of: str = "",
    tables: Sequence[str] = (),
    target: str = SCRATCH,
    data_only: bool = False,
    store: str = "",
    volumes: WithVolumes = WithVolumes.WITH,
) -> RestorePlan:
    """Open the backup, choose its tables, look at the target; nothing is changed.

    Args:
        system: the system.
        backup: an id, or `latest`.
        as_of: a time; the newest backup that shows no later moment. Only with `latest`.
        tables: names such as `public.users` or `users`; a partitioned table stands for its partitions; none for all.
        target: `scratch`, `original`, or a target that the system's file names.
        data_only: put rows into tables that are there, instead of building a database.
        store: where to read; without a name the first store that has the backup whole.
        volumes: whether volumes come with a whole database, or alone.

    Raises:
        RefusedError: there is no such backup or table, the target is not empty, rows do not fit into its tables, or a
            volume cannot go to its place.
        ConfigurationError: the parameters do not go together, or there is no such target.
    """
    way = way_of(target=target, tables=tables, data_only=data_only, volumes=volumes)
    read_from, chain = open_source(system, backup=backup, as_of=as_of, store=store)
    opened = chain.newest
    plan = RestorePlan(
        store=read_from,
        manifest=opened.manifest,
        manifest_sha256=opened.manifest_sha256,
        target=target,
        tables=() if way is Way.FILES else choose_tables(opened.manifest, tables),
        way=way,
    )
    if way is Way.FILES:
        return planned_volumes(system, plan)
    if way is Way.REFILL:
        plan = replace(plan, tables=_own_tables(plan, named=bool(tables)))
        _require_room(system, plan)
        return plan
    plan = replace(plan, left_out=_left_out(opened, plan))
    if target not in (SCRATCH, ORIGINAL):
        require_empty(target_url(system, target), name=target)
    return plan if tables or volumes is WithVolumes.WITHOUT else planned_volumes(system, plan)


def lacks(plan: RestorePlan, url: Secret) -> tuple[Finding, ...]:
    """What the target has to have before a restore can begin: the backup's extensions."""
    with connect(url.resolve(), purpose="restore") as connection, translated("looking at the target"):
        available = _column(connection, "SELECT name FROM pg_catalog.pg_available_extensions")
    return tuple(
        Finding(
            name=f"extension {extension.name}",
            passed=extension.name in available,
            evidence=f"version {extension.version} was backed up; "
            + (
                "available" if extension.name in available else "the target's server does not have it, install it there"
            ),
        )
        for extension in plan.manifest.extensions
    )


def _left_out(backup: OpenBackup, plan: RestorePlan) -> tuple[LeftOutKey, ...]:
    if plan.whole:
        plan.schema_dump  # noqa: B018 (refuses a backup that has none)
        return ()
    binaries = find_binaries("pg_restore", at_least=int(plan.manifest.versions.pg_dump.partition(".")[0]))
    with fetched(backup, plan.schema_dump) as archive:
        return left_out_keys(read_contents(archive, binaries), plan.manifest, plan.unwanted)


def _own_tables(plan: RestorePlan, *, named: bool) -> tuple[Table, ...]:
    """The tables whose rows are put back; those of extensions have rows of their own and stay as they are."""
    own = tuple(table for table in plan.tables if table.condition is None)
    if named and len(own) < len(plan.tables):
        extensions = ", ".join(table.label for table in plan.tables if table.condition is not None)
        raise RefusedError(f"{extensions}: a table of an extension cannot be restored by its rows alone")
    if not own:
        raise RefusedError(f"backup {plan.backup} holds no rows to put into tables")
    return own


def _require_room(system: System, plan: RestorePlan) -> None:
    url = target_url(system, plan.target).resolve()
    with (
        connect(url, purpose="restore", settings=COPY_SETTINGS) as connection,
        translated(f"looking at the target {plan.target}"),
    ):
        require_skipped_triggers(connection)
        find_tables(connection, plan.tables, overwrite=plan.over_original)


def _column(connection: psycopg.Connection, query: str) -> set[str]:
    return {row[0] for row in connection.execute(query.encode())}
