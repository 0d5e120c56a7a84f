"""Checks that read other tables, and databases whose bytes are no text: what a restore may not stumble over."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from integration.databases import PASSPHRASE, as_url, database, reference, system_of
from integration.drill_case import drilled, failed
from integration.restoring import built, execute, query, refilled
from integration.system_folders import written
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.errors import ContractError
from sereno.restore import plan
from sereno.restore.export import export, plan_export
from sereno.systems.model import System
from sereno.systems.secrets import Secret

CHECKS = """
SET check_function_bodies = off;
CREATE FUNCTION known(int) RETURNS bool LANGUAGE sql AS 'SELECT EXISTS (SELECT FROM public.place WHERE id = $1)';
CREATE FUNCTION must_be_known(int) RETURNS bool LANGUAGE plpgsql AS
    $$ BEGIN IF NOT public.known($1) THEN RAISE 'no such place'; END IF; RETURN true; END $$;
CREATE FUNCTION visited(int) RETURNS bool LANGUAGE sql AS
    'SELECT EXISTS (SELECT FROM public.a_visit WHERE place_id = $1)';
CREATE TABLE place (id int PRIMARY KEY);
CREATE TABLE a_visit (place_id int CHECK (known(place_id)), note text);
CREATE TABLE a_booking (place_id int CHECK (must_be_known(place_id)));
CREATE TABLE a_bill (place_id int CHECK (visited(place_id)));
INSERT INTO place VALUES (1), (2);
INSERT INTO a_visit SELECT 1 + i % 2, repeat('x', 1000) FROM generate_series(1, 200) i;
INSERT INTO a_booking VALUES (2);
INSERT INTO a_bill VALUES (1);
"""
"""The tables that have to wait are larger than what they wait for, or come before it by their names."""
NOT_TEXT = "SELECT convert_from('\\x636166e9', 'SQL_ASCII')"  # café in Latin 1


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture
def server(demo: Any) -> str:
    return str(demo.superuser_url)


def test_tables_whose_checks_read_others_are_loaded_after_them(server: str) -> None:
    with database(server, script=CHECKS) as url, database(server) as empty:
        system = system_of(url, target=empty)
        write.write(system)
        assert failed({each.name: each for each in built(system, plan.plan_restore(system), Secret(empty))}) == {}
        assert query(empty, "SELECT count(*) FROM a_visit") == [200]
        execute(empty, "TRUNCATE place, a_visit, a_booking, a_bill")
        findings = refilled(system)
        assert failed({each.name: each for each in findings}) == {}
        assert query(empty, "SELECT count(*) FROM a_bill") == [1]


@pytest.mark.parametrize("rows_alone", [False, True])
def test_rows_that_satisfy_no_check_whatever_comes_first_are_named(server: str, rows_alone: bool) -> None:
    with database(server, script=CHECKS) as url, database(server, script=CHECKS if rows_alone else "") as empty:
        system = system_of(url, target=empty)
        execute(url, "DELETE FROM place WHERE id = 1")
        write.write(system)
        message = r"rows of public\.a_(visit|bill): .*violates check constraint.*load public\.a_\w+ without that check"
        if rows_alone:
            execute(empty, "TRUNCATE place, a_visit, a_booking, a_bill")
            with pytest.raises(ContractError, match=message):
                refilled(system)
        else:
            with pytest.raises(ContractError, match=message):
                built(system, plan.plan_restore(system), Secret(empty))


def in_raw_bytes(url: str) -> None:
    """Make the database anew in SQL_ASCII, with bytes that are no UTF-8."""
    name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
    with psycopg.connect(as_url(url, dbname="postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(name))
        create = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C'"
        provider = " LOCALE_PROVIDER libc" if connection.info.server_version >= 150_000 else ""
        connection.execute(sql.SQL(create + provider).format(name))
    execute(
        url,
        "CREATE TABLE drink (name text PRIMARY KEY, price int); CREATE TABLE shop (id int PRIMARY KEY, name text);"
        f"INSERT INTO drink VALUES (({NOT_TEXT}), 1), ('tea', 2); INSERT INTO shop VALUES (1, ({NOT_TEXT}))",
    )


@pytest.fixture
def raw(server: str) -> Any:
    with database(server) as url:
        in_raw_bytes(url)
        yield url


def shown(url: str) -> list[Any]:
    return query(url, "SELECT string_agg(encode(name::bytea, 'hex') || price, ',' ORDER BY name) FROM drink")


def test_bytes_that_are_no_text_are_backed_up_and_come_back_in_a_drill(raw: str, server: str, home: Path) -> None:
    system = written(system_of(raw), home / "deployments", drill={"server_url": reference(server)})
    write.write(system)
    assert failed(drilled(system)) == {}
    execute(raw, "UPDATE drink SET price = 3 WHERE name <> 'tea'; INSERT INTO drink VALUES ('ma' || chr(233) , 1)")
    increment = write.write(system, BackupKind.INCREMENTAL, content_digests=True)
    assert increment.manifest.kind is BackupKind.INCREMENTAL, increment.remark
    assert [table.rows_copied for table in increment.manifest.tables if table.name == "drink"] == [2]
    assert failed(drilled(system)) == {}


def test_bytes_that_are_no_text_come_back_on_a_scratch_server_and_in_files(raw: str, home: Path) -> None:
    system = written(system_of(raw), home / "deployments")
    write.write(system)
    assert failed(drilled(system)) == {}
    export(plan_export(system, home / "files"))
    assert b"SET client_encoding = 'SQL_ASCII'" in unpacked(home / "files", "drink")


def unpacked(folder: Path, table: str) -> bytes:
    (path,) = folder.rglob(f"*{table}*.sql.gz")
    return gzip.decompress(path.read_bytes())


def test_a_target_of_another_encoding_names_the_table_and_what_to_do(raw: str, server: str) -> None:
    with database(server) as empty:
        system = system_of(raw, target=empty)
        write.write(system)
        with pytest.raises(ContractError, match=r"rows of public\.(drink|shop): invalid byte.*keep such a database in"):
            built(system, plan.plan_restore(system), Secret(empty))


def test_a_value_that_has_no_equivalent_names_its_table(server: str) -> None:
    create = "CREATE DATABASE {} TEMPLATE template0 ENCODING 'WIN1252' LC_COLLATE 'C' LC_CTYPE 'C'"
    with database(server) as url:
        name = sql.Identifier(str(conninfo_to_dict(url)["dbname"]))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE {}").format(name))
            provider = " LOCALE_PROVIDER libc" if connection.info.server_version >= 150_000 else ""
            connection.execute(sql.SQL(create + provider).format(name))
        execute(url, "CREATE TABLE t (a text); INSERT INTO t VALUES (chr(129))")
        with pytest.raises(ContractError, match=r"while copying public\.t: .*no equivalent.*correct it there"):
            write.write(system_of(url))


def test_a_system_of_raw_bytes_can_be_restored_by_its_rows_alone(raw: str, server: str) -> None:
    with database(server) as empty:
        in_raw_bytes(empty)
        execute(empty, "TRUNCATE drink, shop")
        system: System = system_of(raw, target=empty)
        write.write(system)
        assert failed({each.name: each for each in refilled(system)}) == {}
        assert shown(empty) == shown(raw)
