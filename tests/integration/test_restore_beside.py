"""The new database beside the original: made alike, put in place at once or not at all, dropped when its run died."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from integration.databases import PASSPHRASE, as_url, database, system_of
from integration.restoring import built, execute, failed, query
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.errors import ConfigurationError, RefusedError, SerenoError
from sereno.restore import preview, side
from sereno.restore.plan import plan_restore
from sereno.systems.model import System
from waiting import until

FORK = multiprocessing.get_context("fork")
NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
SCHEMA = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)"


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture
def original(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A database with ten rows; whatever has a name that begins with its own is dropped with it."""
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    with database(server, script=SCHEMA) as url:
        yield url
        with psycopg.connect(server, autocommit=True) as connection:
            for name in beside(url, server):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def system(original: str, server: str) -> System:
    return system_of(original, admin=server)


def name_of(url: str) -> str:
    return str(conninfo_to_dict(url)["dbname"])


def beside(url: str, server: str) -> list[str]:
    """Databases whose names begin with that of `url`, without itself."""
    return query(server, f"SELECT datname::text FROM pg_database WHERE datname LIKE '{name_of(url)}\\__%'")


def replaced(system: System) -> side.Kept:
    """What the flow does, without Prefect."""
    made = side.create_side(system)
    try:
        assert failed(built(system, plan_restore(system, target="original"), made.url)) == []
        return side.put_in_place(system, made, now=NOW)
    finally:
        side.drop_side(system, made)


def test_the_new_database_is_put_in_place_and_the_old_one_is_kept(system: System, original: str, server: str) -> None:
    write.write(system)
    execute(original, "INSERT INTO t VALUES (11)")
    kept = replaced(system)
    assert kept.name == f"{name_of(original)}_before_20261123t020000z"
    assert query(original, "SELECT count(*) FROM t") == [10]
    assert query(as_url(original, dbname=kept.name), "SELECT count(*) FROM t") == [11]
    assert beside(original, server) == [kept.name]


def test_the_sql_of_the_report_goes_back_and_drops(system: System, original: str, server: str) -> None:
    write.write(system)
    execute(original, "INSERT INTO t VALUES (11)")
    kept = replaced(system)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(kept.to_go_back.encode())
    assert query(original, "SELECT count(*) FROM t") == [11]
    (undone,) = beside(original, server)
    assert query(as_url(original, dbname=undone), "SELECT count(*) FROM t") == [10]


def test_owner_grants_settings_and_comment_are_carried_over(system: System, original: str, server: str) -> None:
    own = name_of(original)
    with psycopg.connect(server, autocommit=True) as connection:
        for role in ("Own Er", "reader"):
            connection.execute(sql.SQL("DROP ROLE IF EXISTS {}").format(sql.Identifier(role)))
            connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
        for statement in (
            f'ALTER DATABASE {own} OWNER TO "Own Er"',
            f"REVOKE ALL ON DATABASE {own} FROM PUBLIC",
            f"GRANT CONNECT ON DATABASE {own} TO reader WITH GRANT OPTION",
            f"ALTER DATABASE {own} CONNECTION LIMIT 77",
            f"""ALTER DATABASE {own} SET search_path TO "$user", public, "odd, schema" """,
            f"ALTER DATABASE {own} SET my.flag TO 'a=b, c'",
            f"ALTER ROLE reader IN DATABASE {own} SET work_mem TO '64MB'",
            f"COMMENT ON DATABASE {own} IS 'the salon''s'",
        ):
            connection.execute(statement.encode())
    looks = f"""
    SELECT row(pg_get_userbyid(datdba), datacl, datconnlimit, encoding, datcollate, datctype,
               shobj_description(d.oid, 'pg_database'),
               (SELECT array_agg(row(setrole, setconfig)::text ORDER BY setrole) FROM pg_db_role_setting
                WHERE setdatabase = d.oid))::text
    FROM pg_database d WHERE datname = '{own}'
    """
    before = query(server, looks)
    write.write(system)
    try:
        replaced(system)
        assert query(server, looks) == before
    finally:
        with psycopg.connect(server, autocommit=True) as connection:
            for name in (own, *beside(original, server)):
                connection.execute(sql.SQL("ALTER DATABASE {} OWNER TO postgres").format(sql.Identifier(name)))
                for text in ("REVOKE ALL ON DATABASE {} FROM reader", "ALTER ROLE reader IN DATABASE {} RESET ALL"):
                    connection.execute(sql.SQL(text).format(sql.Identifier(name)))
            connection.execute('DROP ROLE "Own Er"; DROP ROLE reader')


def test_sessions_that_come_back_at_once_do_not_hold_it_up(system: System, original: str) -> None:
    write.write(system)
    done = threading.Event()

    def knock() -> None:
        while not done.is_set():
            with suppress(psycopg.Error), psycopg.connect(original) as connection:
                while not done.is_set():
                    connection.execute("SELECT 1")

    threads = [threading.Thread(target=knock) for _ in range(8)]
    for thread in threads:
        thread.start()
    try:
        replaced(system)
    finally:
        done.set()
        for thread in threads:
            thread.join()
    assert query(original, "SELECT count(*) FROM t") == [10]


def died(work: Callable[[], object]) -> None:
    process = FORK.Process(target=work)
    process.start()
    process.join()
    assert process.exitcode == 9


def test_what_a_killed_run_left_is_dropped_by_the_next(system: System, original: str, server: str) -> None:
    def dies() -> None:
        side.create_side(system)
        os._exit(9)

    died(dies)
    (left,) = beside(original, server)
    made = side.create_side(system)
    assert beside(original, server) == [made.name] != [left]


@pytest.mark.parametrize(
    ("name", "comment"),
    [
        ("{}_sereno_deadbeef", "somebody else's"),
        ("{}_sereno_deadbeef", "Half a restore of another, to be dropped when none runs; made by the Sereno 1"),
        ("{}_before_20261122t020000z", None),
    ],
)
def test_nothing_else_is_ever_dropped(
    system: System, original: str, server: str, name: str, comment: str | None
) -> None:
    own = sql.Identifier(name.format(name_of(original)))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(own))
        connection.execute(sql.SQL("COMMENT ON DATABASE {} IS {}").format(own, sql.Literal(comment)))
    side.create_side(system)
    assert len(beside(original, server)) == 2


def test_a_run_that_is_killed_between_the_two_renames_has_renamed_nothing(
    system: System, original: str, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = side.create_side(system)
    rename, calls = side._rename, iter(range(9))

    def dies(old: str, new: str) -> sql.Composed:
        if next(calls):
            os._exit(9)
        return rename(old, new)

    monkeypatch.setattr(side, "_rename", dies)
    died(lambda: side.put_in_place(system, made, now=NOW))
    ours = "SELECT 1 FROM pg_stat_activity WHERE application_name = 'sereno restore'"
    until(lambda: not query(server, ours), seconds=240)
    assert query(original, "SELECT count(*) FROM t") == [10]
    assert beside(original, server) == [made.name]


def test_a_rename_that_is_refused_leaves_the_original_in_place(system: System, original: str, server: str) -> None:
    made = side.create_side(system)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(made.name)))
    with pytest.raises(SerenoError, match="does not exist"):
        side.put_in_place(system, made, now=NOW)
    assert query(original, "SELECT count(*) FROM t") == [10]
    assert beside(original, server) == []


def test_a_transaction_that_was_prepared_holds_it_up_and_nothing_is_renamed(
    system: System, original: str, server: str
) -> None:
    made = side.create_side(system)
    with psycopg.connect(original, autocommit=True) as connection:
        connection.execute("BEGIN; INSERT INTO t VALUES (12); PREPARE TRANSACTION 'kept'")
    try:
        with pytest.raises(SerenoError, match="is being accessed by other users"):
            side.put_in_place(system, made, now=NOW)
        assert beside(original, server) == [made.name]
    finally:
        with psycopg.connect(original, autocommit=True) as connection:
            connection.execute("ROLLBACK PREPARED 'kept'")


def test_a_name_as_long_as_names_may_be_is_cut(server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    long = sql.Identifier("é" * 31)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(long))
        try:
            system = system_of(as_url(server, dbname="é" * 31), admin=server)
            left, made = side.create_side(system), side.create_side(system)
            names = query(server, "SELECT datname::text FROM pg_database WHERE datname LIKE 'éé%\\_sereno\\_%'")
            assert names == [made.name] != [left.name]
            side.drop_side(system, made)
        finally:
            connection.execute(sql.SQL("DROP DATABASE {}").format(long))


def looked_at(system: System) -> None:
    preview.preview(system, plan_restore(system, target="original"), now=datetime.now(UTC))


def test_a_role_that_cannot_do_it_is_known_before(original: str, server: str) -> None:
    write.write(system_of(original))
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS weak")
        connection.execute("CREATE ROLE weak LOGIN PASSWORD 'p'")
    weak = as_url(server, user="weak", password="p")
    for admin, sentence in [
        (None, r"needs restore\.admin_url in its system\.yaml"),
        (original, "cannot be renamed by a session inside it"),
        (weak, "it has to be a superuser or have CREATEDB"),
    ]:
        with pytest.raises(ConfigurationError, match=sentence):
            looked_at(system_of(original, admin=admin))
    execute(server, "ALTER ROLE weak CREATEDB")
    looked_at(system_of(original, admin=weak))
    execute(original, "CREATE ROLE maria; GRANT SELECT ON t TO maria")
    try:
        write.write(system_of(original))
        with pytest.raises(ConfigurationError, match="be a superuser, since things belong or are granted to maria"):
            looked_at(system_of(original, admin=weak))
    finally:
        execute(original, "DROP OWNED BY maria; DROP ROLE maria")


def test_a_backup_of_some_tables_cannot_take_the_originals_place(system: System) -> None:
    write.write(system, BackupKind.TABLES, tables=["t"])
    with pytest.raises(RefusedError, match="is of kind tables and does not hold everything"):
        looked_at(system)
