"""What people do to databases that makes a backup, an increment or a restore subtly wrong, and may not."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql

from integration.databases import PASSPHRASE, as_url, database, system_of
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.reports.model import Finding
from sereno.restore import load, plan, prove, target
from sereno.systems.model import System

MANY_ROWS = """
CREATE TABLE log (status text); CREATE INDEX ON log (status);
INSERT INTO log SELECT md5((i * 7919 % 60000)::text) || repeat('x', 120) FROM generate_series(1, 60000) i
"""
EQUAL_WHATEVER_CASE = """
CREATE FUNCTION same(varchar, varchar) RETURNS bool LANGUAGE sql AS
    'SELECT pg_catalog.lower($1) OPERATOR(pg_catalog.=) pg_catalog.lower($2)';
CREATE OPERATOR = (LEFTARG = varchar, RIGHTARG = varchar, FUNCTION = same);
CREATE TABLE t (id varchar(9) PRIMARY KEY, x text); INSERT INTO t VALUES ('a', 'small'), ('A', 'large'), ('b', 'other')
"""
READS_WITH_ITS_OWNERS_CODE = """
CREATE TABLE t (id int PRIMARY KEY, t text); INSERT INTO t VALUES (1, 'one'), (2, 'two');
CREATE FUNCTION told(t) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'somebody''s code was run'; END $$;
CREATE CAST (t AS text) WITH FUNCTION told(t)
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()


@pytest.fixture
def server(demo: Any) -> str:
    return str(demo.superuser_url)


def run(url: str, script: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(script.encode())


def texts(url: str, table: str) -> list[str]:
    query = sql.SQL("SELECT textin(record_out(r.*)) FROM {} r ORDER BY 1").format(sql.Identifier(table))
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(query)]


def restored(system: System, url: str, *tables: str) -> list[Finding]:
    """The findings that did not pass, of a restore of the newest backup into the empty database `url`."""
    system = system_of(system.database.url.resolve(), target=url)
    chosen = plan.plan_restore(system, tables=tables, target="empty")
    into = target.target_url(system, "empty")
    roles = load.create_roles(chosen, into)
    load.restore_before_rows(system, chosen, into, roles)
    load.load_rows(system, chosen, into)
    load.restore_after_rows(system, chosen, into, roles)
    return [finding for finding in prove.prove_content(system, chosen, into) if not finding.passed]


def check_increment(server: str, before: str, change: str, *, table: str) -> None:
    with database(server, script=before) as url, database(server) as empty:
        system = system_of(url)
        write.write(system)
        run(url, change)
        written = write.write(system, BackupKind.INCREMENTAL, content_digests=True)
        assert written.manifest.kind is BackupKind.INCREMENTAL, written.remark
        assert restored(system, empty) == []
        assert texts(empty, table) == texts(url, table)


def test_a_table_whose_composite_type_changed_is_copied_whole(server: str) -> None:
    check_increment(
        server,
        "CREATE TYPE c AS (a int, b int); CREATE TABLE r (id int PRIMARY KEY, c c); INSERT INTO r VALUES (1, (1, 2))",
        "ALTER TYPE c DROP ATTRIBUTE a; ALTER TYPE c ADD ATTRIBUTE z int; INSERT INTO r VALUES (2, (3, 4))",
        table="r",
    )


def test_a_table_that_names_other_objects_is_copied_whole(server: str) -> None:
    check_increment(
        server,
        "CREATE TABLE a (); CREATE TABLE r (id int PRIMARY KEY, x regclass[]); INSERT INTO r VALUES (1, '{a}')",
        "ALTER TABLE a RENAME TO b; CREATE TABLE a (); INSERT INTO r VALUES (2, '{a}')",
        table="r",
    )


def test_somebodys_operator_does_not_decide_which_rows_an_increment_replaces(server: str) -> None:
    check_increment(server, EQUAL_WHATEVER_CASE, "UPDATE t SET x = 'changed' WHERE x = 'small'", table="t")


def test_a_digest_runs_nobodys_code_and_covers_every_column_whatever_it_is_called(server: str) -> None:
    check_increment(server, READS_WITH_ITS_OWNERS_CODE, "UPDATE t SET t = 'three' WHERE id = 1", table="t")
    with database(server, script=READS_WITH_ITS_OWNERS_CODE) as url, database(server) as empty:
        system = system_of(url)
        write.write(system)
        run(url, "DELETE FROM t WHERE id = 1")
        write.write(system, BackupKind.INCREMENTAL, content_digests=True)
        restored(system, empty)
        run(empty, "UPDATE t SET id = 9")
        chosen = plan.plan_restore(system, target="scratch")
        findings = prove.prove_content(system, chosen, system_of(empty).database.url)
    assert [finding.name for finding in findings if not finding.passed] == ["content of public.t"]


def test_rows_come_in_physical_order_where_an_index_holds_all_columns(server: str) -> None:
    with database(server, script=MANY_ROWS) as url, database(server) as empty:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE log")
        system = system_of(url)
        write.write(system)
        assert restored(system, empty) == []


@pytest.mark.parametrize("encoding", ["LATIN1", "SQL_ASCII"])
def test_a_table_with_an_accent_in_a_database_of_another_encoding_can_be_restored_alone(
    server: str, encoding: str
) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE accented TEMPLATE template0 ENCODING '{encoding}' LOCALE 'C'".encode())
    try:
        url = as_url(server, dbname="accented")
        run(url, 'CREATE TABLE "é" (id int PRIMARY KEY, x text); CREATE TABLE o (id int); INSERT INTO o VALUES (1)')
        system = system_of(url)
        write.write(system)
        with database(server) as empty:
            assert restored(system, empty, "o") == []
            assert texts(empty, "o") == ["(1)"]
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute("DROP DATABASE accented WITH (FORCE)")


def _far_ahead(folder: Path) -> None:
    (folder / "99991231T235959Z-full-00000000").mkdir()
    (folder / "99991231T235959Z-full-00000000" / "manifest.jsonl").write_text("{}")


def _no_date(folder: Path) -> None:
    (folder / "20269999T999999Z-full-00000000").mkdir()
    (folder / "20269999T999999Z-full-00000000" / "manifest.jsonl").write_text("{}")


def _damaged(folder: Path) -> None:
    newest = max(folder.iterdir())
    (newest / "manifest.jsonl").write_text("{")


@pytest.mark.parametrize("harm", [_far_ahead, _no_date, _damaged])
def test_what_somebody_put_into_the_store_stops_no_backup(
    server: str, tmp_path: Path, harm: Callable[[Path], None]
) -> None:
    with database(server, script="CREATE TABLE t (id int PRIMARY KEY)") as url:
        system = system_of(url)
        write.write(system)
        harm(tmp_path / "backups" / system.name)
        written = write.write(system, BackupKind.INCREMENTAL)
        assert written.id[:4] != "9999"
        assert written.id in BackupPlace.of(system).identifiers()
