"""What is measured: the demo system's database at a size, as a system of its own in a folder of its own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from infra.demo.system import DemoSystem
from sereno.postgres.binaries import PostgresBinaries, find_binaries
from sereno.systems.model import System

SERVER_SETTINGS = {"shared_buffers": "1GB", "max_wal_size": "8GB", "maintenance_work_mem": "256MB"}


@dataclass(frozen=True)
class Subject:
    """A running database to measure on. The URLs need no password file: they carry what they need."""

    home: Path
    url: str
    superuser_url: str

    @property
    def binaries(self) -> PostgresBinaries:
        """The peers' programs, of the server's own version."""
        with psycopg.connect(self.superuser_url) as connection:
            major = connection.info.server_version // 10_000
        return find_binaries("pg_dump", "pg_restore", "psql", at_least=major)

    def system(self, url: str, *, target: str | None = None) -> System:
        """A system file for the database at `url`, which restores into `target`."""
        os.environ.update(BENCH_URL=url, BENCH_TARGET_URL=target or url)
        os.environ.setdefault("BENCH_PASSPHRASE", token_hex(16))
        (self.home / "backups").mkdir(exist_ok=True)
        return System.model_validate(
            {
                "name": "bench",
                "title": "Bench",
                "timezone": "UTC",
                "database": {"url": "${BENCH_URL}"},
                "backup": {"stores": [{"name": "local", "folder": "backups"}], "passphrase": "${BENCH_PASSPHRASE}"},
                "restore": {"targets": [{"name": "empty", "url": "${BENCH_TARGET_URL}"}]},
            }
        )

    @contextmanager
    def database(self, name: str, script: str = "", *, template: str = "template0") -> Iterator[str]:
        """A database of its own beside the demo's, a superuser's URL of it, dropped at the end."""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy")
        with psycopg.connect(self.superuser_url, autocommit=True) as server:
            server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
            server.execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        url = make_conninfo(self.superuser_url, dbname=name)
        try:
            if script:
                with psycopg.connect(url) as connection:
                    connection.execute(script.encode())
            yield url
        finally:
            with psycopg.connect(self.superuser_url, autocommit=True) as server:
                server.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@contextmanager
def subject(home: Path, *, scale: float) -> Iterator[Subject]:
    """The demo system's database at `scale`; it is kept in `home`, so that a second bench begins at once."""
    os.environ["SERENO_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True)
    demo = DemoSystem(home, scale=scale, settings=SERVER_SETTINGS)
    demo.start_database()
    try:
        url = make_conninfo(demo.superuser_url, dbname=str(conninfo_to_dict(demo.url)["dbname"]))
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")
        yield Subject(home=home, url=url, superuser_url=demo.superuser_url)
    finally:
        demo.stop()


def run(*command: str | Path) -> None:
    """Run a peer's program; an error ends the bench."""
    subprocess.run([str(part) for part in command], check=True, stdout=subprocess.DEVNULL)
