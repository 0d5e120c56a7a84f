"""A second database built from the backup's schema alone, to compare a restored one with.

PostgreSQL does not always write an expression as it read it: `IN` over a varchar comes out of a restored database in
other words than went in. So the text of a right restore may differ from the backup's; it does not differ from that of
another database into which the same text was read.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from sereno.database.connection import connect, translated
from sereno.errors import ConfigurationError, ContractError
from sereno.installation import installation_id
from sereno.postgres.binaries import PostgresBinaries
from sereno.postgres.programs import HiddenFile
from sereno.restore.archive import read_contents, restore_section
from sereno.restore.chosen import RestorePlan
from sereno.restore.likeness import likeness_of
from sereno.restore.load import Roles, create_roles
from sereno.restore.schema_text import SchemaText, dumped_schema
from sereno.restore.target import drop_scratch, start_scratch
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore proof"
_USE = "schema"
_OF_THE_WHOLE_SERVER = "SUBSCRIPTION "  # a second one could not be dropped with its database


def reference_schema(
    system: System,
    plan: RestorePlan,
    target: Secret,
    roles: Roles,
    *,
    archive: HiddenFile,
    binaries: PostgresBinaries,
) -> SchemaText | str:
    """How the backup's schema reads once a server like the target's has read it; a string says why nobody knows.

    It is built beside the target, or on a server of its own where the role may not create databases; and dropped.
    """
    if any(entry.kind.startswith(_OF_THE_WHOLE_SERVER) for entry in read_contents(archive, binaries)):
        return "it has subscriptions, of which no second database is made"
    try:
        with _beside(system, target) as beside:
            if beside is not None:
                return _built(archive, beside, roles, binaries)
        with _on_scratch(system, plan, target) as scratch:
            return _built(archive, scratch, roles, binaries)
    except (ConfigurationError, ContractError) as error:
        return str(error)


def _built(archive: HiddenFile, url: Secret, roles: Roles, binaries: PostgresBinaries) -> SchemaText:
    with connect(url.resolve(), purpose=_PURPOSE) as connection:
        server = connection.info.server_version // 10_000
    for section in ("pre-data", "post-data"):
        restore_section(
            archive,
            section,
            url=url.resolve(),
            server=server,
            binaries=binaries,
            keep_owners=roles.owners_kept,
        )
    return dumped_schema(url.resolve(), binaries=binaries, owners=roles.owners_kept)


@contextmanager
def _beside(system: System, target: Secret) -> Iterator[Secret | None]:
    """An empty database like the target on its server, gone when the block ends; None where it may not be made."""
    with connect(target.resolve(), purpose=_PURPOSE, read_only=False, autocommit=True) as connection:
        name = _name(system, connection.info.dbname)
        drop = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        try:
            with translated("making a database to compare with"):
                connection.execute(drop)  # what a dead run left
                connection.execute(likeness_of(connection, connection.info.dbname).creation(name))
        except ContractError:
            yield None
            return
        try:
            yield Secret(make_conninfo(target.resolve(), dbname=name))
        finally:
            _drop(connection, drop)


def _drop(connection: psycopg.Connection, drop: sql.Composed) -> None:
    with translated("dropping the database to compare with"):
        connection.execute(drop)


@contextmanager
def _on_scratch(system: System, plan: RestorePlan, target: Secret) -> Iterator[Secret]:
    """A database on a server of its own, of the target's major version, gone when the block ends."""
    with connect(target.resolve(), purpose=_PURPOSE) as connection:
        major = connection.info.server_version // 10_000
    try:
        url = start_scratch(system, at_least=major, encoding=plan.manifest.origin.encoding, use=_USE)
        with connect(url.resolve(), purpose=_PURPOSE) as connection:
            if (found := connection.info.server_version // 10_000) != major:
                raise ContractError(f"PostgreSQL {found} is here, and the target is PostgreSQL {major}")
        create_roles(plan, url)
        yield url
    finally:
        drop_scratch(system, use=_USE)


def _name(system: System, target: str) -> str:
    text = f"{installation_id(load_settings())} {system.name} {target}"
    return f"sereno_schema_{hashlib.sha256(text.encode()).hexdigest()[:12]}"
