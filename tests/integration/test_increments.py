"""The first test of increments: a chain under everything that a database goes through, restored at each snapshot.

Between a backup and the next, random work is done: inserts, updates (also of keys), deletes, truncates, row locks,
subtransactions, rollbacks, renames, ALTERs, VACUUM FULL and FREEZE, CLUSTER, prepared transactions and transactions
that are still open when the snapshot is taken. Each backup of the chain must give back exactly the rows of its moment.
"""

from __future__ import annotations

import random
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import PASSPHRASE, database, system_of
from integration.random_work import SCHEMA, RandomWork, rows_of_all_tables
from integration.restoring import built, failed
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.postgres.server import PostgresServer
from sereno.restore import plan, target
from sereno.systems.model import System


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()


def restored_rows(system: System, backup: str, url: str) -> dict[str, list[str]]:
    chosen = plan.plan_restore(system, backup=backup, target="empty")
    assert failed(built(system, chosen, target.target_url(system, "empty"))) == []
    return rows_of_all_tables(url)


def check_chain(server: str, seed: int, *, increments: int) -> None:
    chance = random.Random(seed)
    with database(server, script=SCHEMA) as url, ExitStack() as stack:
        system = system_of(url)
        work = RandomWork(url, chance, stack)
        moments: list[tuple[str, dict[str, list[str]]]] = []
        for number in range(increments + 1):
            work.some()
            with work.unfinished():
                kind = BackupKind.INCREMENTAL if number else BackupKind.FULL
                written = write.write(system, kind, content_digests=True)
                assert written.manifest.kind is kind, written.remark
                assert any(table.changes for table in written.manifest.tables) is bool(number)
                moments.append((written.id, rows_of_all_tables(url)))
            assert read_back.read_back(system, written).problems == ()
        for backup, expected in moments:
            with database(server) as empty:
                found = restored_rows(system_of(url, target=empty), backup, empty)
            assert found.keys() == expected.keys()
            different = [table for table in expected if found[table] != expected[table]]
            assert not different, f"seed {seed}, backup {backup}"


def test_a_chain_gives_back_the_rows_of_each_moment(server: str) -> None:
    check_chain(server, 0, increments=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_many_chains_give_back_the_rows_of_each_moment(server: str, seed: int) -> None:
    check_chain(server, seed, increments=5)


def test_a_transaction_open_at_the_parents_snapshot_is_in_the_increment(server: str) -> None:
    with database(server, script="CREATE TABLE t (id int PRIMARY KEY, x text)") as url, psycopg.connect(url) as early:
        system = system_of(url)
        early.execute("INSERT INTO t VALUES (1, 'begun before the full, committed after it')")
        with psycopg.connect(url) as later:
            later.execute("CREATE TABLE over_before_the_full ()")
        full = write.write(system)
        assert full.manifest.rows == 0
        early.commit()
        increment = write.write(system, BackupKind.INCREMENTAL)
        table = next(table for table in increment.manifest.tables if table.name == "t")
        assert (table.rows, sum(part.rows for part in table.parts)) == (1, 1)


def test_an_increment_after_a_crash_of_the_server_misses_nothing(tmp_path: Path) -> None:
    """What was committed without waiting for the disk is lost in the crash, and its transaction numbers come again."""
    hasty = {"synchronous_commit": "off", "wal_writer_delay": "2s"}
    server = PostgresServer(tmp_path / "server", settings=hasty)
    server.start()
    try:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t (id int PRIMARY KEY, x text)")
            connection.execute("INSERT INTO t SELECT i, 'before' FROM generate_series(1, 100) i")
            for number in range(200):
                connection.execute("UPDATE t SET x = %s WHERE id = 1 + %s %% 100", (f"w{number}", number))
        system = system_of(server.url("postgres"))
        assert write.write(system).manifest.snapshot.flushed
        before = _next_transaction(server)
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            for number in range(50):
                connection.execute("UPDATE t SET x = 'lost' WHERE id = %s", (number,))
        server.kill()
        server.start()
        assert _next_transaction(server) < before + 50, "the server lost nothing, so this shows nothing"
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("INSERT INTO t VALUES (1000, 'after the crash')")
            connection.execute("DELETE FROM t WHERE id = 50")
            expected = rows_of_all_tables(server.url("postgres"))
        increment = write.write(system, BackupKind.INCREMENTAL, content_digests=True)
        assert increment.manifest.kind is BackupKind.INCREMENTAL, increment.remark
        with database(server.url("postgres")) as empty:
            found = restored_rows(system_of(server.url("postgres"), target=empty), increment.id, empty)
        assert found == expected
    finally:
        server.stop()


def _next_transaction(server: PostgresServer) -> int:
    with psycopg.connect(server.url("postgres")) as connection:
        row = connection.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text").fetchone()
    return int(row[0]) if row else 0
