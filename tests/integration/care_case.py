"""A server of each PostgreSQL version at hand, with a database in which `database_care` has something to find."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any

import psycopg

from integration.databases import as_url, system_of
from sereno.care import looking
from sereno.care.growth import remember
from sereno.care.looking import Seen
from sereno.care.report import care_report
from sereno.postgres.binaries import PostgresBinaries, find_binaries
from sereno.postgres.server import PROGRAMS, PostgresServer
from sereno.reports.model import Draft, Finding
from sereno.systems.model import System
from waiting import until

SETTINGS = {
    "fsync": "off",
    "shared_preload_libraries": "pg_stat_statements",
    "max_prepared_transactions": "5",
    "autovacuum": "off",
}
ROLES = """
CREATE ROLE care_owner LOGIN PASSWORD 'p';
CREATE ROLE care_reader LOGIN PASSWORD 'p';
CREATE ROLE care_seer LOGIN PASSWORD 'p' IN ROLE pg_read_all_stats;
CREATE DATABASE salon OWNER care_owner;
"""
SCHEMA = """
CREATE TABLE salon (id int PRIMARY KEY, name text);
INSERT INTO salon SELECT n, 'salon ' || n FROM generate_series(1, 100) n;
CREATE TABLE booking (id serial PRIMARY KEY, salon_id int REFERENCES salon, email text, note text);
INSERT INTO booking (salon_id, email, note)
SELECT 1 + n % 100, 'ana' || n / 2 || '@example.com', repeat('x', 100) FROM generate_series(1, 20000) n;
CREATE INDEX booking_email ON booking (email);
CREATE INDEX booking_email_again ON booking (email);
CREATE INDEX booking_email_note ON booking (email, note);
CREATE INDEX booking_email_lower ON booking (lower(email));
CREATE TABLE "Counter" ("Id" bigint, small smallint);
CREATE SEQUENCE near_its_end OWNED BY "Counter".small;
SELECT setval('near_its_end', 30000);
CREATE SEQUENCE round_and_round MAXVALUE 10 CYCLE;
SELECT setval('round_and_round', 10);
GRANT SELECT ON ALL TABLES IN SCHEMA public TO care_reader, care_seer;
GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO care_seer;
"""
_numbers = count(1)
QUIET = {"accepted_settings": ("fsync", "autovacuum"), "unused_index_days": 0}


def versions() -> dict[str, PostgresBinaries]:
    """The oldest and the newest programs at hand; once where they are the same."""
    found = [find_binaries(*PROGRAMS), find_binaries(*PROGRAMS, at_least=18)]
    return {str(each.major): each for each in found}


@dataclass(frozen=True)
class CareCase:
    """The database `salon` on one server, by its roles: superuser, owner, reader (plain), seer (sees everything)."""

    server: str

    def url(self, role: str = "superuser") -> str:
        given = {} if role == "superuser" else {"user": f"care_{role}", "password": "p"}
        return as_url(self.server, dbname="salon", **given)

    def system(self, *, read_as: str = "seer", live_as: str = "owner", **care: Any) -> System:
        """A system with a history of its own; its thresholds may lie below what a system's file may say."""
        system = system_of(self.url(live_as))
        reading = system_of(self.url(read_as)).database.url
        return system.model_copy(
            update={
                "name": f"salon-{next(_numbers)}",
                "database": system.database.model_copy(update={"read_url": reading}),
                "care": system.care.model_copy(update={**QUIET, **care}),
            }
        )

    def run(self, *statements: str, role: str = "owner") -> None:
        with psycopg.connect(self.url(role), autocommit=True) as connection:
            for statement in statements:
                connection.execute(statement.encode())
            connection.execute("SELECT pg_stat_force_next_flush()")  # else the counters come when they come

    def value(self, query: str) -> Any:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    @contextmanager
    def session(self, *statements: str, role: str = "owner") -> Iterator[int]:
        """A session that has begun a transaction with `statements` and does nothing now; its pid."""
        with psycopg.connect(self.url(role), application_name="somebody") as connection:
            for statement in statements:
                connection.execute(statement.encode())
            yield connection.info.backend_pid
            connection.close()

    @contextmanager
    def waiting(self, statement: str) -> Iterator[int]:
        """A session that waits for a lock with `statement`; its pid."""
        connection = psycopg.connect(self.url("owner"), application_name="waiter")
        pid = connection.info.backend_pid
        thread = threading.Thread(target=_until_ended, args=(connection, statement))
        thread.start()
        try:
            waits = f"SELECT count(*) FROM pg_locks WHERE pid = {pid} AND waitstart < clock_timestamp()"
            until(lambda: self.value(waits), seconds=60)
            yield pid
        finally:
            self.value(f"SELECT pg_terminate_backend({pid})")
            thread.join(60)
            connection.close()


def _until_ended(connection: psycopg.Connection, statement: str) -> None:
    try:
        connection.execute(statement.encode())
    except psycopg.Error:
        return


@contextmanager
def care_case(folder: Path, binaries: PostgresBinaries) -> Iterator[CareCase]:
    """A server in `folder`, for as long as the block runs."""
    server = PostgresServer(folder, binaries=binaries, settings=SETTINGS)
    server.start()
    try:
        with psycopg.connect(server.url(), autocommit=True) as connection:
            for statement in filter(str.strip, ROLES.split(";")):
                connection.execute(statement.encode())
        case = CareCase(server.url())
        case.run("CREATE EXTENSION pg_stat_statements", role="superuser")
        case.run(SCHEMA, "ANALYZE")
        yield case
    finally:
        server.stop()
        PostgresServer.drop(folder)


def look(system: System) -> Seen:
    """Everything, as the job's steps look at it."""
    looks: dict[str, Callable[[System], Any]] = {
        "server": looking.look_at_server,
        "sessions": looking.look_at_sessions,
        "tables": looking.look_at_tables,
        "indexes": looking.look_at_indexes,
        "unindexed": looking.look_at_foreign_keys,
        "sequences": looking.look_at_sequences,
        "statements": looking.look_at_statements,
        "settings": looking.look_at_settings,
    }
    return Seen(**{name: each(system) for name, each in looks.items()})


def page(system: System, *, now: datetime) -> Draft:
    """The page at `now`; the ledger remembers it."""
    seen = look(system)
    return care_report(system, seen, remember(system, seen, now=now))


def finding(draft: Draft, words: str) -> Finding:
    """The one whose name holds `words`."""
    (found,) = [each for each in draft.findings if words in each.name]
    return found


def rows(draft: Draft, title: str) -> list[tuple[str, ...]]:
    """The rows of the table whose title begins so; none where there is none."""
    return [row for table in draft.tables if table.title.startswith(title) for row in table.rows]
