"""Looking how far a schema is, and running the commands of its folder."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass

from sereno.commands import CommandError, Ended, run
from sereno.database.sessions import changing, reading
from sereno.errors import ConfigurationError, ContractError, SerenoError
from sereno.migrate.plan import (
    JOB,
    MigrationPlan,
    MigrationState,
    MigrationWay,
    downgrade_command,
    migrations_of,
    pending_in,
    require_target,
)
from sereno.systems.model import System
from sereno.systems.sections.migrations import Migrations
from sereno.systems.sql_folder import find_sql

VERSION = "migrations.version"
"""The name of the query's file, without `.sql`."""
_ONLY_READ = {"PGOPTIONS": "-c default_transaction_read_only=on"}
"""For the command that lists: whatever goes through libpq cannot write by accident."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migrated:
    """What became of a migration: why it failed, if it did, and how far the schema is now, if that can be told."""

    problem: str
    after: MigrationState | None
    unknown: str = ""


def plan_migration(system: System, *, direction: MigrationWay, to: str) -> MigrationPlan:
    """What would be done.

    Raises:
        ConfigurationError: the system does not offer it, or `to` is no version.
        RefusedError: `to` does not fit the direction.
        SerenoError: versions or pending migrations cannot be listed.
    """
    require_target(migrations_of(system), direction, to)
    return MigrationPlan(way=direction, to=to, before=_state(system, live=False))


def migrate(system: System, plan: MigrationPlan) -> Migrated:
    """Run the command of `plan`, and look how far the schema is then. It raises nothing that belongs in the report."""
    migrations = migrations_of(system)
    command = migrations.upgrade if plan.way is MigrationWay.UPGRADE else downgrade_command(migrations, plan.to)
    try:
        ended = _run(migrations, command)
        problem = f"`{ended.shown}` ended with {ended.code}: {ended.last_lines()}" if ended.code else ""
    except SerenoError as error:
        problem = str(error)
    try:
        return Migrated(problem=problem, after=_state(system, live=True))
    except SerenoError as error:
        return Migrated(problem=problem, after=None, unknown=str(error))


def _state(system: System, *, live: bool) -> MigrationState:
    migrations = migrations_of(system)
    ended = _run(migrations, migrations.pending, more=_ONLY_READ)
    if ended.code:
        raise CommandError(f"`{ended.shown}` ended with {ended.code}: {ended.last_lines()}")
    return MigrationState(
        versions=_versions(system, live=live), pending=pending_in(ended.output, migrations.pending_line)
    )


def _versions(system: System, *, live: bool) -> tuple[str, ...]:
    """The versions; after live work from the database that was changed, since a copy to read from may lag behind."""
    sql = find_sql(system.name, VERSION)
    if sql is None:
        raise ConfigurationError(f"{system.name} has no sql/{VERSION}.sql, which {JOB} needs")
    if live:
        with changing(system, purpose=JOB) as session, session.transaction():
            rows = session.returned(sql)
    else:
        with reading(system, purpose=JOB) as reader:
            rows = list(reader.rows(sql))
    try:
        return tuple(str(row["version"]) for row in rows)
    except KeyError:
        raise ContractError(f"{sql.where}: gives no column version") from None


def _run(migrations: Migrations, command: Sequence[str], *, more: dict[str, str] | None = None) -> Ended:
    environment = {variable.name: variable.value.resolve() for variable in migrations.environment}
    words = [sys.executable if word == "{python}" else word for word in command]
    return run(
        words,
        timeout_seconds=migrations.timeout_seconds,
        folder=migrations.folder,
        environment={**environment, **(more or {})},
    )
