"""A backup that is cut off anywhere leaves nothing that looks like a backup, and the next one works."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import PASSPHRASE, as_url, database, system_of
from sereno.backup import leftovers, read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.errors import ContractError, SystemUnavailableError
from sereno.postgres.server import PostgresServer

TABLES = """
CREATE TABLE one (id int PRIMARY KEY, x text); INSERT INTO one SELECT i, 'x' FROM generate_series(1, 1000) i;
CREATE TABLE two (id uuid PRIMARY KEY, x text); INSERT INTO two SELECT md5(i::text)::uuid FROM generate_series(1, 99) i
"""
STEPS = 8  # owner, schema, rows and keys of two tables, key slots, manifest
KILLED_AT_A_STEP = """
import os, signal, sys
from integration.databases import system_of
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.stores import FolderStore

number, create = int(sys.argv[3]), FolderStore.create
def counted(store, name):
    global number
    number -= 1
    if number == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return create(store, name)
FolderStore.create = counted
write.write(system_of(sys.argv[1]), BackupKind(sys.argv[2]))
"""


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
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
    killed = subprocess.run([sys.executable, "-c", KILLED_AT_A_STEP, source, kind, str(step)], check=False)
    assert killed.returncode == -signal.SIGKILL
    place = BackupPlace.of(system)
    assert place.identifiers() == []
    assert len(leftovers.clear_leftovers(system)) == (0 if step == 1 else 1)
    written = write.write(system, BackupKind.INCREMENTAL)
    assert "no backup to build on" in written.remark
    assert place.identifiers() == [written.id]
    assert read_back.read_back(system, written).problems == ()


def test_a_server_that_restarts_in_the_middle_ends_the_backup_and_is_worth_a_retry(tmp_path: Path) -> None:
    with PostgresServer(tmp_path / "server", settings={"fsync": "off"}) as server:
        with psycopg.connect(server.url("postgres"), autocommit=True) as connection:
            connection.execute("CREATE TABLE t AS SELECT i, repeat('x', 900) FROM generate_series(1, 300000) i")
        system = system_of(server.url("postgres"))
        restarted = threading.Event()

        def progress(*, done: int, total: int, what: str) -> None:
            if not restarted.is_set():
                restarted.set()
                server.kill()
                server.start()

        with pytest.raises(SystemUnavailableError):
            write.write(system, progress=progress)
        assert BackupPlace.of(system).identifiers() == []
        assert write.write(system).manifest.rows == 300_000


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
