"""The five systems as databases on the demo's server: proper roles, one shared database each, and private copies.

    def test_something(deployed: Deploy) -> None:
        point = deployed("point")                     # a private copy; SERENO_HOME and the secrets are set
        with reading(point.system, ...) ...
        query(point.database.owner, "SELECT ...")

What the tables look like stands in `tests/systems/<name>/schema.sql`; the rows lie around REFERENCE.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from integration.databases import PASSPHRASE, as_url
from sereno.systems.loader import load_system
from sereno.systems.model import System

SYSTEMS = Path(__file__).parents[1] / "systems"
DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
NAMES = ("atendechat", "exitus", "fvstudios", "point", "salonix")
REFERENCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""What is "now" in the rows, unless a test asks for another moment."""

_PASSWORD = "told to nobody"
_ROLES = ("owner", "live", "reader", "blind")
_BYPASSING = {("fvstudios", "live"), ("fvstudios", "reader")}
_numbers = count(1)


@dataclass(frozen=True)
class SystemDatabase:
    """One database of a system; its URLs by role."""

    name: str
    superuser: str

    @property
    def dbname(self) -> str:
        """What the server calls it."""
        return str(conninfo_to_dict(self.superuser)["dbname"])

    def url(self, role: str) -> str:
        """The URL of one of its roles: owner, live, reader or blind."""
        return as_url(self.superuser, user=f"{self.name}_{role}", password=_PASSWORD)

    @property
    def owner(self) -> str:
        """Owns database and tables, so no policy binds it."""
        return self.url("owner")

    @property
    def live(self) -> str:
        """May read and change rows and owns nothing; passes by policies where the system has some."""
        return self.url("live")

    @property
    def reader(self) -> str:
        """May read every table and sequence; passes by policies where the system has some."""
        return self.url("reader")

    @property
    def blind(self) -> str:
        """As the reader, but bound by the policies."""
        return self.url("blind")

    def environment(self) -> dict[str, str]:
        """The variables to which the system's folder refers."""
        prefix = self.name.upper()
        return {
            f"{prefix}_DATABASE_URL": self.live,
            f"{prefix}_DATABASE_READ_URL": self.reader,
            f"{prefix}_ADMIN_DATABASE_URL": as_url(self.superuser, dbname="postgres"),
            f"{prefix}_BACKUP_PASSPHRASE": PASSPHRASE,
            f"{prefix}_SMTP_USER": f"{self.name}-sender",
            f"{prefix}_SMTP_PASSWORD": PASSPHRASE,
            f"{prefix}_BASE_URL": "http://127.0.0.1:9",
            f"{prefix}_OPS_SUPPORT_EMAIL": "ops@example.org",
            f"{prefix}_OPS_SUPPORT_PASSWORD": "told to nobody but the API",
        }


class FiveSystems:
    """The databases on one server. Each is made when it is first asked for."""

    def __init__(self, server: str) -> None:
        """Use the server of `server`, a superuser's URL."""
        self.server = server
        self._templates: dict[str, str] = {}
        self._shared: dict[str, SystemDatabase] = {}

    def shared(self, name: str) -> SystemDatabase:
        """The database of `name` that all tests share, which none may change."""
        if name not in self._shared:
            self._shared[name] = self._copy(name)
        return self._shared[name]

    @contextmanager
    def private(self, name: str, *, now: datetime = REFERENCE) -> Iterator[SystemDatabase]:
        """A database of `name` that a test may change; it is dropped afterwards.

        Args:
            name: the system.
            now: the moment around which its rows lie; another one than REFERENCE takes a little longer.
        """
        database = self._copy(name) if now == REFERENCE else self._filled(name, now)
        try:
            yield database
        finally:
            gone = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(database.dbname))
            with psycopg.connect(self.server, autocommit=True) as server:
                server.execute(gone)

    def _copy(self, name: str) -> SystemDatabase:
        if name not in self._templates:
            self._templates[name] = self._filled(name, REFERENCE).dbname
        return self._created(name, template=self._templates[name])

    def _filled(self, name: str, now: datetime) -> SystemDatabase:
        """A new database with the schema and the rows of `name`; nobody stays connected to it."""
        self._make_roles(name)
        database = self._created(name, template="template0")
        with psycopg.connect(database.owner) as owner:
            owner.execute(
                "SELECT set_config('systems.now', %s, true), set_config('TimeZone', 'UTC', true)", [now.isoformat()]
            )
            for file in ("schema.sql", "data.sql"):
                owner.execute((SYSTEMS / name / file).read_bytes())
            schemas = "SELECT nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
            for (schema,) in owner.execute(schemas).fetchall():
                for statement in _GRANTS:
                    owner.execute(sql.SQL(statement).format(schema=sql.Identifier(schema), **_identifiers(name)))
        with psycopg.connect(database.owner, autocommit=True) as owner:
            owner.execute("ANALYZE")
        return database

    def _created(self, name: str, *, template: str) -> SystemDatabase:
        created = f"{name}_{next(_numbers)}"
        with psycopg.connect(self.server, autocommit=True) as server:
            server.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(
                    sql.Identifier(created), sql.Identifier(f"{name}_owner"), sql.Identifier(template)
                )
            )
        return SystemDatabase(name, as_url(self.server, dbname=created))

    def _make_roles(self, name: str) -> None:
        with psycopg.connect(self.server, autocommit=True) as server:
            for role in _ROLES:
                if not server.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [f"{name}_{role}"]).fetchone():
                    bypass = "BYPASSRLS" if (name, role) in _BYPASSING else "NOBYPASSRLS"
                    server.execute(
                        sql.SQL("CREATE ROLE {} LOGIN {} PASSWORD {}").format(
                            sql.Identifier(f"{name}_{role}"), sql.SQL(bypass), sql.Literal(_PASSWORD)
                        )
                    )


_GRANTS = (
    "GRANT USAGE ON SCHEMA {schema} TO {live}, {reader}, {blind}",
    "GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO {live}, {reader}, {blind}",
    "GRANT SELECT ON ALL SEQUENCES IN SCHEMA {schema} TO {live}, {reader}, {blind}",
    "GRANT INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {live}",
    "GRANT USAGE ON ALL SEQUENCES IN SCHEMA {schema} TO {live}",
)


def _identifiers(name: str) -> dict[str, sql.Identifier]:
    return {role: sql.Identifier(f"{name}_{role}") for role in _ROLES}


@dataclass(frozen=True)
class Deployed:
    """A system as its shipped folder describes it, its database, and the SERENO_HOME that the environment names."""

    system: System
    database: SystemDatabase
    home: Path


Deploy = Callable[[str], Deployed]
"""Gives a system of that name a private database for one test."""


@contextmanager
def in_place(database: SystemDatabase, home: Path) -> Iterator[Deployed]:
    """Set the environment so that the system's shipped folder resolves to `database` and everything else to `home`."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("SERENO_SYSTEMS_DIR", str(DEPLOYMENTS))
        for variable, value in database.environment().items():
            environment.setenv(variable, value)
        (home / database.name / "backups").mkdir(parents=True, exist_ok=True)
        yield Deployed(load_system(database.name), database, home)


@contextmanager
def deploying(five_systems: FiveSystems, home: Path) -> Iterator[Deploy]:
    """What the fixture `deployed` gives: a function that deploys systems until the block ends."""
    with ExitStack() as stack:
        yield lambda name: stack.enter_context(in_place(stack.enter_context(five_systems.private(name)), home))
