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
from sereno.backup import read_back, write
from sereno.backup.manifest import BackupKind
from sereno.restore import load, plan, prove, target
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
    into = target.target_url(system, "empty")
    roles = load.create_roles(chosen, into)
    load.restore_before_rows(system, chosen, into, roles)
    load.load_rows(system, chosen, into)
    load.restore_after_rows(system, chosen, into, roles)
    findings = (*prove.prove_content(system, chosen, into), *prove.prove_schema(chosen, into, roles))
    assert [finding for finding in findings if not finding.passed] == []
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


@pytest.mark.parametrize("seed", range(4))
def test_a_chain_gives_back_the_rows_of_each_moment(server: str, seed: int) -> None:
    check_chain(server, seed, increments=5)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(1000, 1100))
def test_many_chains_give_back_the_rows_of_each_moment(server: str, seed: int) -> None:
    check_chain(server, seed, increments=5)


def test_a_transaction_open_at_the_parents_snapshot_is_in_the_increment(server: str) -> None:
    with database(server, script="CREATE TABLE t (id int PRIMARY KEY, x text)") as url, psycopg.connect(url) as early:
        system = system_of(url)
        early.execute("INSERT INTO t VALUES (1, 'begun before the full, committed after it')")
        full = write.write(system)
        assert full.manifest.rows == 0
        early.commit()
        increment = write.write(system, BackupKind.INCREMENTAL)
        (table,) = increment.manifest.tables
        assert (table.rows, sum(part.rows for part in table.parts)) == (1, 1)
