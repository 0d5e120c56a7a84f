"""Rows into tables that are there: what fits, what is refused, and that a failure leaves everything as it was."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, as_url, database, system_of
from integration.random_work import rows_of_all_tables
from integration.restoring import built, execute, failed, query, refilled
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.errors import RefusedError
from sereno.restore import plan
from sereno.systems.model import System
from sereno.systems.secrets import Secret


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(scope="module")
def source(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with a backup of its rows alone, one of its schema, and then a full one with an increment."""
    home = tmp_path_factory.mktemp("home")
    (home / "backups").mkdir()
    with pytest.MonkeyPatch.context() as environment, database(server, script=AWKWARD_SCHEMA) as url:
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        write.write(system_of(url))
        execute(url, "UPDATE visit SET amount = -1 WHERE id % 7 = 0; DELETE FROM item WHERE id % 3 = 0")
        written = write.write(system_of(url), BackupKind.INCREMENTAL, content_digests=True)
        assert written.manifest.kind is BackupKind.INCREMENTAL
        yield url


@pytest.fixture
def system(server: str, source: str) -> Iterator[System]:
    """Its target has the schema, and no rows."""
    with database(server) as url:
        own = system_of(source, target=url)
        schema = write.write(own, BackupKind.SCHEMA_ONLY).id
        assert failed(built(own, plan.plan_restore(own, backup=schema, target="empty"), Secret(url))) == []
        yield own


def url_of(system: System) -> str:
    return system.restore.targets[0].url.resolve()


def test_all_rows_of_an_increment_go_into_tables_with_keys_and_triggers(system: System, source: str) -> None:
    findings = refilled(system)
    assert failed(findings) == []
    assert {"content of public.visit", "foreign key item_visit_id_fkey of public.item", "sequences"} <= {
        finding.name for finding in findings
    }
    assert rows_of_all_tables(url_of(system)) == rows_of_all_tables(source)
    assert query(url_of(system), "SELECT nextval('visit_id_seq')") == [3002]
    assert query(url_of(system), "SELECT reltuples::int FROM pg_class WHERE oid = 'visit'::regclass") == [3001]


def test_a_backup_of_rows_alone_fills_tables_and_builds_no_database(
    system: System, source: str, server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    (tmp_path / "backups").mkdir()
    identifier = write.write(system, BackupKind.DATA_ONLY).id
    assert failed(refilled(system, backup=identifier)) == []
    assert rows_of_all_tables(url_of(system)) == rows_of_all_tables(source)
    with pytest.raises(RefusedError, match="holds no schema"):
        plan.plan_restore(system, backup=identifier)


def test_only_the_sequences_of_the_chosen_tables_are_set(system: System, source: str) -> None:
    execute(url_of(system), "SELECT setval('item_id_seq', 7), setval('ticket', 7000)")
    assert failed(refilled(system, "visit", "public.item", "event")) == []
    assert query(url_of(system), "SELECT last_value FROM item_id_seq") == [2000]
    assert query(url_of(system), "SELECT last_value FROM ticket") == [7000]
    assert query(url_of(system), "SELECT count(*) FROM event") == [900]
    assert query(url_of(system), "SELECT count(*) FROM pair") == [0]


def test_columns_may_stand_in_another_order(system: System, source: str) -> None:
    execute(url_of(system), "DROP TABLE pair; CREATE TABLE pair (b text, a int, c int GENERATED ALWAYS AS (a) STORED)")
    assert failed(refilled(system, "pair")) == []
    assert query(url_of(system), "SELECT sum(c) FROM pair") == query(source, "SELECT sum(a) FROM pair")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("DROP TABLE pair", "public.pair is not there"),
        ("ALTER TABLE pair ALTER a TYPE bigint", "public.pair.a is bigint, integer was backed up"),
        ("ALTER TABLE pair ADD z int", "public.pair has a column z that was not backed up"),
        ("INSERT INTO pair VALUES (1, 'x')", "public.pair has rows already"),
    ],
)
def test_what_does_not_fit_is_refused_and_named(system: System, change: str, reason: str) -> None:
    execute(url_of(system), change)
    with pytest.raises(RefusedError, match=reason):
        refilled(system, "pair")


def test_rows_that_refer_to_nothing_are_named_and_everything_is_rolled_back(system: System) -> None:
    execute(url_of(system), "SELECT setval('item_id_seq', 7)")
    findings = {finding.name: finding for finding in failed(refilled(system, "public.item"))}
    (name,) = findings
    assert name == "foreign key item_visit_id_fkey of public.item"
    assert findings[name].evidence == "1,334 rows of public.item refer to rows of public.visit that are not there"
    assert query(url_of(system), "SELECT count(*) FROM item") == [0]
    assert query(url_of(system), "SELECT last_value FROM item_id_seq") == [7]


def test_foreign_keys_of_several_columns_and_of_partitions_are_checked(
    server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    schema = """
    CREATE TABLE day (id int, at date, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
    CREATE TABLE day_1 PARTITION OF day FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
    CREATE TABLE day_2 PARTITION OF day FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
    CREATE TABLE simple (id int, at date, CONSTRAINT "Odd Key" FOREIGN KEY (id, at) REFERENCES day);
    CREATE TABLE whole (id int, at date, FOREIGN KEY (id, at) REFERENCES day MATCH FULL);
    CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree);
    """
    rows = """
    INSERT INTO day VALUES (1, '2026-01-01'), (2, '2026-02-01');
    INSERT INTO simple VALUES (1, '2026-01-01'), (2, '2026-02-01'), (9, NULL), (NULL, NULL);
    INSERT INTO whole VALUES (2, '2026-02-01'), (NULL, NULL);
    INSERT INTO tree VALUES (1, 1), (2, 1), (3, NULL);
    """
    with database(server, script=schema + rows) as source, database(server, script=schema) as empty:
        system = system_of(source, target=empty)
        write.write(system)
        findings = refilled(system)
        assert failed(findings) == []
        assert len([finding for finding in findings if finding.name.startswith("foreign key")]) == 3
        assert rows_of_all_tables(empty) == rows_of_all_tables(source)
    with database(server, script=schema) as empty:
        system = system_of(empty, target=empty)
        names = {finding.name for finding in failed(refilled(system, "simple", "day_1", "whole"))}
        assert names == {"foreign key Odd Key of public.simple", "foreign key whole_id_at_fkey of public.whole"}
        assert not any(rows_of_all_tables(empty).values())


def test_a_table_that_others_refer_to_is_filled_when_it_has_no_pages(system: System, source: str) -> None:
    assert failed(refilled(system, "visit")) == []
    assert query(url_of(system), "SELECT count(*) FROM visit") == [3001]


def test_a_table_with_pages_of_deleted_rows_that_others_refer_to_has_to_be_vacuumed(system: System) -> None:
    execute(url_of(system), "INSERT INTO visit (name) SELECT 'gone' FROM generate_series(1, 100); DELETE FROM visit")
    with pytest.raises(RefusedError, match=r"public\.visit has pages without rows; run VACUUM on it first"):
        refilled(system, "visit")
    with psycopg.connect(url_of(system), autocommit=True) as connection:
        connection.execute("VACUUM visit")
    assert failed(refilled(system, "visit")) == []


def test_a_role_that_may_not_switch_triggers_off_is_told_so(system: System, server: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS refiller")
        connection.execute("CREATE ROLE refiller LOGIN PASSWORD 'p' BYPASSRLS")
    url = as_url(url_of(system), user="refiller", password="p")
    own = system_of(system.database.url.resolve(), target=url)
    with pytest.raises(RefusedError, match="GRANT SET ON PARAMETER session_replication_role TO refiller"):
        refilled(own, "pair")


def test_tables_of_a_schema_only_backup_have_no_rows_to_give(system: System) -> None:
    identifier = write.write(system, BackupKind.SCHEMA_ONLY).id
    with pytest.raises(RefusedError, match="holds no rows"):
        refilled(system, backup=identifier)
