"""A backup that could not be whole and consistent is refused, and one that fails is never half-visible."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, as_url, database, system_of
from killed import kill_me, killed_by_itself
from sereno.backup import leftovers, read_back, snapshot, write
from sereno.backup.place import BackupPlace
from sereno.errors import (
    ConfigurationError,
    ContractError,
    RefusedError,
    StorageError,
    SystemUnavailableError,
    WrongPassphraseError,
)
from sereno.systems.model import System


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(scope="module")
def source(server: str) -> Iterator[str]:
    with database(server, script=AWKWARD_SCHEMA) as url:
        yield url


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


def complete(system: System) -> list[str]:
    return BackupPlace.of(system).identifiers()


def test_a_table_that_may_not_be_read_fails_the_backup_and_is_named(server: str, source: str) -> None:
    with psycopg.connect(source) as connection:
        connection.execute("DROP ROLE IF EXISTS half_blind")
        connection.execute("CREATE ROLE half_blind LOGIN PASSWORD 'p'")
        connection.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO half_blind")
        connection.execute("REVOKE SELECT ON item, no_key FROM half_blind")
    try:
        system = system_of(as_url(source, user="half_blind", password="p"))
        with pytest.raises(ContractError, match=r"may not read other\.item, public\.item, public\.no_key"):
            write.write(system)
        assert complete(system) == []
    finally:
        with psycopg.connect(source) as connection:
            connection.execute("DROP OWNED BY half_blind; DROP ROLE half_blind")


def test_rows_that_a_policy_would_hide_are_refused_with_an_explanation(server: str) -> None:
    script = """CREATE TABLE consent (id int); INSERT INTO consent VALUES (1);
                ALTER TABLE consent ENABLE ROW LEVEL SECURITY;
                DROP ROLE IF EXISTS ordinary; CREATE ROLE ordinary LOGIN PASSWORD 'p';
                GRANT SELECT ON consent TO ordinary"""
    with database(server, script=script) as url:
        try:
            with pytest.raises(RefusedError, match=r"row-level security would hide rows of public\.consent"):
                write.write(system_of(as_url(url, user="ordinary", password="p")))
        finally:
            with psycopg.connect(url) as connection:
                connection.execute("DROP OWNED BY ordinary; DROP ROLE ordinary")


def test_a_database_that_is_down_is_a_passing_failure_and_a_wrong_login_a_lasting_one(
    source: str, tmp_path: Path
) -> None:
    with pytest.raises(SystemUnavailableError) as down:
        write.write(system_of(as_url(source, host=str(tmp_path))))
    assert not down.value.permanent
    with pytest.raises(ConfigurationError) as unknown:
        write.write(system_of(as_url(source, dbname="nobody_knows_it")))
    assert unknown.value.permanent


def test_a_truncate_during_a_backup_waits_and_the_backup_has_the_rows(server: str) -> None:
    with database(server, script="CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i") as url:
        snapshot_taken, done = threading.Event(), threading.Event()

        def truncate() -> None:
            snapshot_taken.wait(10)
            with psycopg.connect(url) as connection:
                connection.execute("TRUNCATE t")
            done.set()

        thread = threading.Thread(target=truncate)
        thread.start()
        with snapshot.locked_snapshot(url, purpose="test", lock_timeout_seconds=5) as taken:
            snapshot_taken.set()
            assert not done.wait(0.5), "the TRUNCATE has to wait for the backup's lock"
            assert [table.label for table in taken.tables] == ["public.t"]
            row = taken.connection.execute("SELECT count(*) FROM public.t").fetchone()
            assert row == (1000,)
        thread.join(10)
        assert done.is_set()


def test_ddl_between_the_listing_and_the_lock_makes_it_start_over(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with database(server, script="CREATE TABLE t (i int); CREATE TABLE u (i int)") as url:
        lock, changes = snapshot._lock, ["DROP TABLE u", "CREATE TABLE v (i int)", "ALTER TABLE t ADD j int"]

        def lock_too_late(connection: psycopg.Connection, tables: Any) -> None:
            if changes:
                with psycopg.connect(url) as other:
                    other.execute(changes.pop(0).encode())
            lock(connection, tables)

        monkeypatch.setattr(snapshot, "_lock", lock_too_late)
        manifest = write.write(system_of(url)).manifest
        assert {table.label: len(table.columns) for table in manifest.tables} == {"public.t": 2, "public.v": 1}


def test_a_lock_held_by_somebody_else_is_a_passing_failure(server: str) -> None:
    with database(server, script="CREATE TABLE t (i int)") as url, psycopg.connect(url) as holder:
        holder.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        with (
            pytest.raises(SystemUnavailableError, match="another session holds the lock"),
            snapshot.locked_snapshot(url, purpose="test", lock_timeout_seconds=1),
        ):
            pass


def test_a_store_that_is_missing_or_full_leaves_nothing_that_looks_like_a_backup(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    system = system_of(source)
    synced, real = [0], os.fsync

    def full_after_some(descriptor: int) -> None:
        synced[0] += 1
        if synced[0] == 9:
            raise OSError(28, "No space left on device")
        real(descriptor)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full_after_some)
        with pytest.raises(StorageError, match="the disk is full"):
            write.write(system)
    assert complete(system) == []
    assert leftovers.clear_leftovers(system) != []
    assert list((home / "backups" / "awkward").iterdir()) == []
    (home / "backups" / "awkward").rmdir()
    (home / "backups").rmdir()
    with pytest.raises(StorageError, match="does not exist; create it, or mount"):
        write.write(system)


def test_the_wrong_passphrase_is_told_from_damage(source: str, monkeypatch: pytest.MonkeyPatch) -> None:
    system = system_of(source)
    written = write.write(system)
    monkeypatch.setenv("TEST_PASSPHRASE", "another")
    with pytest.raises(WrongPassphraseError, match="is intact"):
        read_back.verify(system, written.id)


def test_a_backup_that_is_killed_leaves_no_backup_and_the_next_one_clears_it_up(source: str, home: Path) -> None:
    system = system_of(source)

    def killed(*, done: int, total: int, what: str) -> None:
        kill_me()

    assert killed_by_itself(lambda: write.write(system, progress=killed))
    assert complete(system) == []
    (unfinished,) = BackupPlace.of(system).unfinished()
    assert leftovers.clear_leftovers(system) == [unfinished]
    written = write.write(system)
    assert complete(system) == [written.id]
    assert list(BackupPlace.of(system).unfinished()) == []


def test_leftovers_of_another_installation_are_left_alone(source: str, home: Path) -> None:
    system = system_of(source)
    foreign = home / "backups" / "awkward" / "20260101T000000Z-full-00000000"
    foreign.mkdir(parents=True)
    (foreign / "owner.json").write_text(json.dumps({"installation": "somebody else's"}))
    assert leftovers.clear_leftovers(system) == []
    assert foreign.exists()


@pytest.mark.parametrize("name", ["../x", "latest/../../x", "/etc", "", "20260101T000000Z-full-0000000g", "x" * 5000])
def test_a_name_that_is_no_backup_is_refused(source: str, name: str) -> None:
    with pytest.raises(ConfigurationError, match="no backup id"):
        BackupPlace.of(system_of(source)).open(name)
