"""A backup that is cut off anywhere leaves nothing that looks like a backup, and the next one works."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import PASSPHRASE, as_url, database, system_of
from killed import kill_me, killed_by_itself
from sereno.backup import leftovers, read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.objects import ObjectWriter
from sereno.backup.place import BackupPlace
from sereno.errors import ContractError, SystemUnavailableError
from sereno.postgres.server import PostgresServer
from sereno.stores import FolderStore, Sink
from sereno.systems.model import System

TABLES = """
CREATE TABLE one (id int PRIMARY KEY, x text); INSERT INTO one SELECT i, 'x' FROM generate_series(1, 1000) i;
CREATE TABLE two (id uuid PRIMARY KEY, x text); INSERT INTO two SELECT md5(i::text)::uuid FROM generate_series(1, 99) i
"""
STEPS = 8  # owner, schema, rows and keys of two tables, key slots, manifest


def killed_at_a_step(system: System, kind: BackupKind, step: int) -> bool:
    """Whether a backup was killed when it was about to write its `step`th object."""
    create, steps = FolderStore.create, itertools.count(1)

    def counted(store: FolderStore, name: str) -> AbstractContextManager[Sink]:
        if next(steps) == step:
            kill_me()
        return create(store, name)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(FolderStore, "create", counted)
            write.write(system, kind)

    return killed_by_itself(work)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


@pytest.mark.parametrize("step", range(1, STEPS + 1))
def test_a_backup_killed_at_any_step_is_no_backup(source: str, step: int) -> None:
    system = system_of(source)
    kind = BackupKind.INCREMENTAL if step % 2 else BackupKind.FULL
    assert killed_at_a_step(system, kind, step)
    place = BackupPlace.of(system)
    assert place.identifiers() == []
    assert len(leftovers.clear_leftovers(system)) == (0 if step == 1 else 1)
    written = write.write(system, BackupKind.INCREMENTAL)
    assert "no backup to build on" in written.remark
    assert place.identifiers() == [written.id]
    assert read_back.read_back(system, written).problems == ()


def test_a_server_that_restarts_in_the_middle_ends_the_backup_and_is_worth_a_retry(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seal, restarted, failures = ObjectWriter.write, threading.Event(), []

    def sealed(writer: ObjectWriter, data: bytes) -> None:
        try:
            seal(writer, data)
        except ValueError as error:
            failures.append(error)

    with PostgresServer(tmp_path / "server", settings={"fsync": "off"}) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT i, repeat('x', 900) FROM generate_series(1, 60000) i")
        system = system_of(server.url("postgres"))

        def progress(*, done: int, total: int, what: str) -> None:
            if not restarted.is_set():
                restarted.set()
                server.kill()
                server.start()

        monkeypatch.setattr(ObjectWriter, "write", sealed)
        with pytest.raises(SystemUnavailableError):
            write.write(system, progress=progress)
        assert failures == [], "an object was closed while there was more to write"
        assert BackupPlace.of(system).identifiers() == []
        assert write.write(system).manifest.rows == 60_000


def test_a_role_that_lost_a_right_since_the_last_backup_is_told_which(demo: Any, source: str) -> None:
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS forgetful")
        connection.execute("CREATE ROLE forgetful LOGIN PASSWORD 'p'; GRANT SELECT ON one, two TO forgetful")
    system = system_of(as_url(source, user="forgetful", password="p"))
    full = write.write(system)
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("REVOKE SELECT ON two FROM forgetful")
    with pytest.raises(ContractError, match=r"may not read public\.two; grant it SELECT"):
        write.write(system, BackupKind.INCREMENTAL)
    assert BackupPlace.of(system).identifiers() == [full.id]
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute("DROP OWNED BY forgetful; DROP ROLE forgetful")
