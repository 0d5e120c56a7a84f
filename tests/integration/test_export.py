"""Exported files brought back by the commands that lie beside them: the database is what was backed up."""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, as_url, database, system_of
from integration.export_case import contents, loaded
from integration.random_work import SCHEMA, RandomWork, rows_of_all_tables
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.postgres.binaries import find_binaries
from sereno.restore.export import export, plan_export
from sereno.systems.model import System

HOSTILE = r"""
CREATE ROLE "it's\ a ""role"" $$" NOLOGIN;
CREATE ROLE gone NOLOGIN;
CREATE TABLE "new
line; DROP TABLE safe; --" ("co\l ""um' n" int PRIMARY KEY, "tab	" text);
CREATE TABLE "a/../../b" (id int PRIMARY KEY); CREATE TABLE "A/../../B" (id int PRIMARY KEY);
CREATE TABLE "\restrict x" (id int); CREATE TABLE ":safe" (id int); CREATE TABLE safe (id int);
INSERT INTO safe VALUES (1); INSERT INTO "a/../../b" VALUES (1); INSERT INTO "A/../../B" VALUES (2);
INSERT INTO "new
line; DROP TABLE safe; --" VALUES (1, E'\\.'), (2, E'\\.\n\\.'), (3, E'\r\n'), (4, '\!touch pwned'), (5, ':safe');
CREATE FUNCTION odd() RETURNS text LANGUAGE sql AS $$ SELECT '
\restrict something
SET transaction_timeout = 0;
' $$;
ALTER TABLE safe OWNER TO "it's\ a ""role"" $$"; GRANT SELECT ON safe TO gone;
"""
HOSTILE_END = """DROP ROLE IF EXISTS gone; DROP ROLE IF EXISTS "it's\\ a ""role"" $$" """


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture
def awkward(server: str) -> Iterator[System]:
    with database(server, script=AWKWARD_SCHEMA) as url:
        yield system_of(url)


def exported(system: System, folder: Path, *, backup: str = "latest", tables: tuple[str, ...] = ()) -> list[str]:
    files = export(plan_export(system, folder, backup=backup, tables=tables))
    return [file.name for file in files]


def source_of(system: System) -> str:
    return system.database.url.resolve()


def test_everything_awkward_comes_back(awkward: System, server: str, home: Path) -> None:
    write.write(awkward)
    names = exported(awkward, home / "out")
    assert {"schema.pre-data.sql.gz", "schema.post-data.sql.gz", "large-objects.sql.gz", "sequences.sql.gz"} < {*names}
    assert names[-1] == "README.txt"
    with database(server) as empty:
        loaded(home / "out", empty)
        assert contents(empty) == contents(source_of(awkward))


def test_an_increment_comes_back_with_what_went_and_what_changed(awkward: System, server: str, home: Path) -> None:
    write.write(awkward)
    with psycopg.connect(source_of(awkward), autocommit=True) as connection:
        for statement in (
            "UPDATE visit SET name = 'changed', mood = 'sad' WHERE id % 7 = 0",
            "DELETE FROM item WHERE id % 5 = 0",
            "DELETE FROM pair WHERE a = 3",
            'UPDATE "CamelCase" SET "Id" = md5("userName")::uuid WHERE "select" < 20',
            "INSERT INTO visit (name) VALUES ('came')",
            "TRUNCATE extremes",
            "ALTER TABLE no_key RENAME TO renamed",
            "SELECT nextval('ticket')",
            "REFRESH MATERIALIZED VIEW frozen",
        ):
            connection.execute(statement.encode())
    increment = write.write(awkward, BackupKind.INCREMENTAL).manifest
    assert sum(table.changes is not None for table in increment.tables) > 5
    exported(awkward, home / "out")
    with database(server) as empty:
        loaded(home / "out", empty)
        assert contents(empty) == contents(source_of(awkward))


@pytest.mark.slow
def test_each_backup_of_a_chain_under_random_work_comes_back(server: str, home: Path) -> None:
    with database(server, script=SCHEMA) as url, ExitStack() as stack:
        system = system_of(url)
        work = RandomWork(url, random.Random(7), stack)
        for number in range(4):
            work.some()
            with work.unfinished():
                written = write.write(system, BackupKind.INCREMENTAL if number else BackupKind.FULL)
                expected = rows_of_all_tables(url)
            exported(system, home / f"out{number}", backup=written.id)
            with database(server) as empty:
                loaded(home / f"out{number}", empty)
                assert rows_of_all_tables(empty) == expected, f"backup {number}"


def test_names_and_rows_that_look_like_commands_are_neither(server: str, home: Path) -> None:
    try:
        with database(server, script=HOSTILE) as url:
            expected = contents(url)
            system = system_of(url)
            write.write(system)
            names = exported(system, home / "out")
            assert all(name.count("/") <= 1 and name.isascii() and name.isprintable() for name in names)
            assert len({name.lower() for name in names}) == len(names)
            with database(server) as empty:
                loaded(home / "out", empty)
                assert contents(empty) == expected
            assert not list(home.rglob("pwned"))
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(HOSTILE_END.encode())


def test_roles_that_are_missing_are_made_and_things_get_their_owners(server: str, home: Path) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute('CREATE ROLE "Own\'er\\" NOLOGIN')
        try:
            with database(server, script='CREATE TABLE t (id int); ALTER TABLE t OWNER TO "Own\'er\\"') as url:
                write.write(system_of(url))
                exported(system_of(url), home / "out")
            connection.execute('DROP ROLE "Own\'er\\"')
            with database(server) as empty, psycopg.connect(empty) as into:
                loaded(home / "out", empty)
                owner = into.execute("SELECT relowner::regrole::text FROM pg_class WHERE relname = 't'").fetchone()
                assert owner == ('"Own\'er\\"',)
        finally:
            connection.execute('DROP ROLE IF EXISTS "Own\'er\\"')


def test_some_tables_come_alone_with_the_schema_that_they_need(awkward: System, server: str, home: Path) -> None:
    write.write(awkward)
    names = exported(awkward, home / "out", tables=("public.item", "event"))
    tables = [name.partition(".")[2] for name in names if name.startswith("tables/")]
    assert sorted(tables) == [f"public.{name}.sql.gz" for name in ("event_february", "event_january", "item")]
    assert "large-objects.sql.gz" not in names
    with database(server) as empty:
        loaded(home / "out", empty)
        found, expected = contents(empty), contents(source_of(awkward))
    rows = {what for what in found if what.startswith("rows of")}
    assert rows == {f"rows of public.{name}" for name in ("event_february", "event_january", "item")}
    assert all(found[what] == expected[what] for what in rows)


def test_one_table_s_file_alone_fills_a_table_that_is_there(awkward: System, server: str, home: Path) -> None:
    write.write(awkward)
    (name,) = (name for name in exported(awkward, home / "out", tables=("pair",)) if name.startswith("tables/"))
    script = gzip.decompress((home / "out" / name).read_bytes()).decode()
    assert script.startswith("-- public.pair: ")
    assert 'COPY "public"."pair" ("a", "b") FROM STDIN;' in script
    with database(server, script="CREATE TABLE pair (a int, b text, other int)") as url:
        (home / "out" / "README.txt").write_text(f'    gunzip -c {name} | psql --quiet --dbname="$TARGET"\n')
        loaded(home / "out", url)
        assert len(contents(url)["rows of public.pair"]) == 50


def test_without_owners_a_role_that_is_no_superuser_can_load_it(awkward: System, server: str, home: Path) -> None:
    write.write(awkward)
    export(plan_export(awkward, home / "out", keep_owners=False))
    assert not (home / "out" / "roles.sql.gz").exists()
    own = """DO $$ BEGIN EXECUTE format('ALTER DATABASE %I OWNER TO loader', current_database()); END $$"""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE ROLE loader LOGIN PASSWORD 'p'")
        try:
            with database(server, script=f"{own}; ALTER SCHEMA public OWNER TO loader") as url:
                loaded(home / "out", as_url(url, user="loader", password="p"))
                assert contents(url, owners=False) == contents(source_of(awkward), owners=False)
        finally:
            connection.execute("DROP ROLE loader")


def test_what_a_newer_pg_dump_wrote_is_loaded_by_an_older_psql_into_an_older_server(
    awkward: System, server: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer, older = find_binaries("pg_dump", "pg_restore", "psql", at_least=17), find_binaries("psql")
    if older.major >= newer.major:
        pytest.skip("no psql older than the newest pg_dump is here")
    monkeypatch.setenv("SERENO_PG_BIN", str(newer.folder))
    assert write.write(awkward).manifest.versions.pg_dump == newer.version
    exported(awkward, home / "out")
    for path in (home / "out").glob("*.sql.gz"):
        script = gzip.decompress(path.read_bytes())
        assert b"restrict " not in script
        assert b"transaction_timeout" not in script.replace(b"idle_in_transaction", b"")
    with database(server) as empty:
        loaded(home / "out", empty, binaries=older)
        assert contents(empty) == contents(source_of(awkward))


@pytest.mark.parametrize("kind", [BackupKind.DATA_ONLY, BackupKind.SCHEMA_ONLY])
def test_a_backup_of_rows_or_of_the_schema_alone_gives_what_it_has(
    awkward: System, home: Path, kind: BackupKind
) -> None:
    write.write(awkward, kind)
    names = exported(awkward, home / "out")
    assert any(name.startswith("tables/") for name in names) is (kind is BackupKind.DATA_ONLY)
    assert ("schema.pre-data.sql.gz" in names) is (kind is BackupKind.SCHEMA_ONLY)
