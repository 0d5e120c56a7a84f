"""Where a restore goes: a scratch server of its own, a database that the system's file names, or the original."""

from __future__ import annotations

import shutil
from pathlib import Path

from psycopg.conninfo import conninfo_to_dict

from sereno.backup.copying import RAW
from sereno.database.connection import connect, translated
from sereno.errors import ConfigurationError, RefusedError
from sereno.postgres.binaries import find_binaries
from sereno.postgres.server import PostgresServer
from sereno.restore.admin import admin_url
from sereno.restore.raw_bytes import empty_database
from sereno.settings import Settings, load_settings
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.restore import ORIGINAL, SCRATCH, RestoreTarget

_PURPOSE = "restore"
_RAW_NAME = "scratch"
_SCRATCH_SETTINGS = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "autovacuum": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "4GB",
    "shared_buffers": "128MB",
}
"""A scratch database is thrown away: nothing in it has to survive a crash."""

_USER_OBJECTS = """
SELECT 'table or view ' || n.nspname || '.' || c.relname
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT 'function ' || n.nspname || '.' || p.proname
FROM pg_catalog.pg_proc p JOIN pg_catalog.pg_namespace n ON n.oid = p.pronamespace
WHERE n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
UNION ALL
SELECT 'type ' || n.nspname || '.' || t.typname
FROM pg_catalog.pg_type t JOIN pg_catalog.pg_namespace n ON n.oid = t.typnamespace
WHERE t.typtype IN ('d', 'e', 'r') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_depend d
                  WHERE d.classid = 'pg_catalog.pg_type'::regclass AND d.objid = t.oid AND d.deptype = 'e')
UNION ALL
SELECT 'schema ' || nspname FROM pg_catalog.pg_namespace
WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_'
UNION ALL
SELECT 'large object ' || oid FROM pg_catalog.pg_largeobject_metadata
LIMIT 1
"""


def target_url(system: System, target: str) -> Secret:
    """The URL of a declared target, or of the original for rows that are put into its tables.

    Raises:
        ConfigurationError: the system's file names no such target.
    """
    if target == ORIGINAL:
        return _original_url(system)
    return declared_target(system, target).url


def declared_target(system: System, target: str) -> RestoreTarget:
    """What the system's file says of a target.

    Raises:
        ConfigurationError: it names no such target.
    """
    for declared in system.restore.targets:
        if declared.name == target:
            return declared
    names = ", ".join([SCRATCH, ORIGINAL, *(declared.name for declared in system.restore.targets)])
    raise ConfigurationError(f"{system.name} has no restore target {target!r}; its system.yaml knows: {names}")


def _original_url(system: System) -> Secret:
    """Of the role of `restore.admin_url` where there is one, since few others may switch triggers off."""
    if system.restore.admin_url is None:
        return system.database.url
    with translated("reading the database URL"):
        known = conninfo_to_dict(system.database.url.resolve())
    return admin_url(system, database=str(known.get("dbname") or known.get("user") or ""))


def require_empty(url: Secret, *, name: str) -> None:
    """Refuse a database that holds anything.

    Raises:
        RefusedError: it names the first thing found.
    """
    with connect(url.resolve(), purpose=_PURPOSE) as connection, translated(f"looking at the target {name}"):
        found = connection.execute(_USER_OBJECTS).fetchone()
    if found:
        raise RefusedError(
            f"the target {name} is not empty (it has the {found[0]}); restore goes only into an empty database"
        )


def scratch_folder(system: System, settings: Settings | None = None, *, use: str = "") -> Path:
    """Where the system's scratch server lives while a restore runs, or another job, whose servers `use` tells apart."""
    return (settings or load_settings()).home_path / "scratch" / f"{system.name}{use and f'.{use}'}"


def start_scratch(system: System, *, at_least: int, encoding: str = "", use: str = "") -> Secret:
    """Start a new, empty scratch server of at least the major version `at_least`; a dead run's is dropped first.

    To be called while holding the exclusion of the job. Its database, into which the rows of one of `encoding` fit, is
    reachable over a local socket only.
    """
    folder = scratch_folder(system, use=use)
    drop_scratch(system, use=use)
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
    binaries = find_binaries("initdb", "pg_ctl", "postgres", "pg_restore", at_least=at_least)
    server = PostgresServer(folder, binaries=binaries, settings=_SCRATCH_SETTINGS)
    server.start()
    if encoding != RAW:
        return Secret(server.url("postgres"))
    with connect(server.url("postgres"), purpose=_PURPOSE, read_only=False, autocommit=True) as connection:
        connection.execute(empty_database(_RAW_NAME, encoding=encoding, major=binaries.major))
    return Secret(server.url(_RAW_NAME))


def drop_scratch(system: System, *, use: str = "") -> None:
    """Stop the system's scratch server if one runs, and delete it."""
    folder = scratch_folder(system, use=use)
    if folder.exists():
        PostgresServer.drop(folder)
        shutil.rmtree(folder, ignore_errors=True)
