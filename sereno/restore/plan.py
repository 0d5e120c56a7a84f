"""What a restore would do: which backup, which tables, what the target lacks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import psycopg

from sereno.backup.chain import open_chain
from sereno.backup.manifest import BackupKind, Manifest, StoredObject, Table
from sereno.backup.place import LATEST, BackupPlace
from sereno.backup.selection import meant
from sereno.errors import RefusedError
from sereno.reports.model import Finding
from sereno.restore.target import SCRATCH, require_empty, target_url
from sereno.systems.model import System
from sereno.systems.secrets import Secret


@dataclass(frozen=True)
class RestorePlan:
    """A restore that can begin. `tables` are those whose rows are restored; `whole` when that is all of them."""

    manifest: Manifest
    target: str
    tables: tuple[Table, ...]

    @property
    def backup(self) -> str:
        """The backup's id."""
        return self.manifest.id

    @property
    def schema_dump(self) -> StoredObject:
        """The archive of the schema.

        Raises:
            RefusedError: the backup has none.
        """
        if self.manifest.schema_dump is None:
            raise RefusedError(f"backup {self.backup} holds no schema, so no database can be built from it alone")
        return self.manifest.schema_dump

    @property
    def whole(self) -> bool:
        """Whether everything is restored that the schema knows."""
        if self.manifest.kind is BackupKind.SCHEMA_ONLY:
            return True
        return len(self.tables) == len(self.manifest.tables) and not self.manifest.left_out

    @property
    def rows(self) -> int:
        """Rows to be loaded."""
        return sum(table.rows for table in self.tables)

    @property
    def plain_bytes(self) -> int:
        """COPY text to be loaded."""
        return sum(table.plain_bytes for table in self.tables)

    @property
    def unwanted(self) -> frozenset[int]:
        """The oids of tables, parents of partitions included, that are left out."""
        if self.whole:
            return frozenset()
        wanted = {table.oid for table in self.tables}
        manifest = self.manifest
        parents = {relation.oid: relation for relation in (*manifest.partitioned, *manifest.left_out)}
        for table in self.tables:
            parent = table.partition_of
            while parent in parents:
                wanted.add(parent)
                parent = parents[parent].partition_of
        return frozenset({entry.oid for entry in (*manifest.tables, *parents.values())} - wanted)

    @property
    def major(self) -> int:
        """The major version of the server that was backed up."""
        return self.manifest.origin.server_version_number // 10_000


def plan_restore(
    system: System, *, backup: str = LATEST, tables: Sequence[str] = (), target: str = SCRATCH
) -> RestorePlan:
    """Open the backup, choose its tables, look at the target; nothing is changed.

    Args:
        system: the system.
        backup: an id, or `latest`.
        tables: names such as `public.users` or `users`; a partitioned table stands for its partitions; none for all.
        target: `scratch`, or a target that the system's file names.

    Raises:
        RefusedError: there is no such backup or table, or the target is not empty.
    """
    manifest = open_chain(BackupPlace.of(system), backup).newest.manifest
    plan = RestorePlan(manifest=manifest, target=target, tables=choose_tables(manifest, tables))
    plan.schema_dump  # noqa: B018 (refuses a backup that has none)
    if target != SCRATCH:
        require_empty(target_url(system, target), name=target)
    return plan


def choose_tables(manifest: Manifest, names: Sequence[str]) -> tuple[Table, ...]:
    """The tables that `names` mean, in the manifest's order."""
    if not names:
        return manifest.tables
    known = (*manifest.tables, *manifest.partitioned)
    wanted = {oid for name in names for oid in meant(known, name, where=f"backup {manifest.id}")}
    return tuple(table for table in manifest.tables if table.oid in wanted)


def lacks(plan: RestorePlan, url: Secret) -> tuple[Finding, ...]:
    """What the target has to have before a restore can begin: the backup's extensions."""
    from sereno.database.connection import connect, translated

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


def _column(connection: psycopg.Connection, query: str) -> set[str]:
    return {row[0] for row in connection.execute(query.encode())}
