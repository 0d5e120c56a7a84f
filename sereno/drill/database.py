"""The database that a drill fills: on a server started for it, or its own on the server of `drill.server_url`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sereno.database.connection import connect, translated
from sereno.drill.plan import DrillPlan
from sereno.errors import ConfigurationError
from sereno.installation import installation_id
from sereno.restore.raw_bytes import empty_database
from sereno.restore.target import drop_scratch, start_scratch
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.systems.secrets import Secret

USE = "drill"
PURPOSE = "restore drill"


def start_database(system: System, plan: DrillPlan) -> Secret:
    """An empty database for the drill; what a dead drill left is dropped first.

    To be called while holding the exclusion of the job.

    Raises:
        ConfigurationError: the server of `drill.server_url` is older than the one that was backed up, or there are no
            programs of PostgreSQL that are new enough.
        SerenoError: the server refuses.
    """
    if system.drill.server_url is None:
        encoding = plan.manifest.origin.encoding
        return start_scratch(system, at_least=plan.restore.major, encoding=encoding, use=USE)
    url, name = system.drill.server_url.resolve(), database_name(system)
    drop_database(system)
    with _server(url) as server, translated("creating the drill's database"):
        major = server.info.server_version // 10_000
        if major < plan.restore.major:
            raise ConfigurationError(
                f"drill.server_url of {system.name} is PostgreSQL {major}, and {plan.restore.major} was backed up; "
                "name a server that is not older, or leave it out"
            )
        temporary = _roles_to_come(server, {*plan.manifest.roles, reader_name(system)})
        server.execute(empty_database(name, encoding=plan.manifest.origin.encoding, major=major))
        comment = sql.SQL("COMMENT ON DATABASE {} IS {}")
        server.execute(comment.format(sql.Identifier(name), sql.Literal(json.dumps({"roles": temporary}))))
    return Secret(make_conninfo(url, dbname=name))


def drop_database(system: System) -> None:
    """Drop what `start_database` made, and the roles that came with it; nothing happens when nothing is there."""
    if system.drill.server_url is None:
        drop_scratch(system, use=USE)
        return
    name = database_name(system)
    with _server(system.drill.server_url.resolve()) as server, translated("dropping the drill's database"):
        roles = _noted_roles(server, name)
        server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        _drop_roles(server, roles)


def database_name(system: System) -> str:
    """What the drill's database is called: other installations may drill on the same server."""
    return f"sereno_drill_{system.name[:30]}_{_mark(system)}"


def reader_name(system: System) -> str:
    """The role that runs the system's check queries."""
    return f"sereno_drill_reader_{_mark(system)}"


def _mark(system: System) -> str:
    text = f"{installation_id(load_settings())} {system.name}"
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def _server(url: str) -> psycopg.Connection:
    return connect(url, purpose=PURPOSE, read_only=False, autocommit=True)


def _roles_to_come(server: psycopg.Connection, wanted: set[str]) -> list[str]:
    """Those of `wanted` that the drill will make, as only a superuser can."""
    if server.info.parameter_status("is_superuser") != "on":
        return []
    return sorted(wanted - {row[0] for row in server.execute("SELECT rolname FROM pg_catalog.pg_roles")})


def _noted_roles(server: psycopg.Connection, database: str) -> list[str]:
    """The roles that were not there before the drill."""
    query = "SELECT pg_catalog.shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database WHERE datname = %s"
    row = server.execute(query, (database,)).fetchone()
    return list(json.loads(row[0])["roles"]) if row and row[0] else []


def _drop_roles(server: psycopg.Connection, roles: Iterable[str]) -> None:
    for role in roles:
        try:
            server.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
        except psycopg.errors.DependentObjectsStillExist:
            continue  # somebody has given it something meanwhile, so it is theirs now
