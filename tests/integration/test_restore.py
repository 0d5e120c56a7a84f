"""Restoring into a real database, and what a proof finds when the content is not the backup's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, as_url, database, system_of
from integration.restoring import built, query
from sereno.backup import write
from sereno.backup.manifest import Extension
from sereno.backup.place import BackupPlace
from sereno.errors import ConfigurationError, ContractError, IntegrityError, RefusedError
from sereno.postgres.binaries import find_binaries
from sereno.reports.model import Finding
from sereno.restore import load, plan, prove, target
from sereno.systems.model import System
from sereno.systems.secrets import Secret

OWNED_BY_PLAIN = """
ALTER SCHEMA public OWNER TO plain;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO plain', current_database()); END $$
"""


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(scope="module")
def source(server: str) -> Iterator[str]:
    with database(server, script=AWKWARD_SCHEMA) as url:
        yield url


@pytest.fixture(scope="module")
def backed_up(source: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    (home / "backups").mkdir()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        write.write(system_of(source))
        yield home


@pytest.fixture
def system(server: str, source: str, backed_up: Path) -> Iterator[System]:
    with database(server) as empty:
        yield system_of(source, target=empty)


def url_of(system: System) -> str:
    return system.restore.targets[0].url.resolve()


def restored(system: System, *tables: str) -> tuple[Finding, ...]:
    chosen = plan.plan_restore(system, tables=tables, target="empty")
    return built(system, chosen, target.target_url(system, "empty"))


def tables_in(url: str) -> set[str]:
    return set(query(url, "SELECT oid::regclass::text FROM pg_class WHERE relkind IN ('r', 'p') AND oid >= 16384"))


def test_a_whole_backup_is_rebuilt_and_every_finding_passes(system: System, source: str) -> None:
    findings = restored(system)
    assert [finding for finding in findings if not finding.passed] == []
    assert {"schema", "sequences", "content of public.visit"} <= {finding.name for finding in findings}
    url = url_of(system)
    for compared in (
        "SELECT v::text FROM visit v ORDER BY id",
        "SELECT f::text FROM frozen f ORDER BY mood",
        "SELECT last_value FROM ticket",
        "SELECT convert_from(lo_get(oid), 'UTF8') FROM pg_largeobject_metadata",
        "SELECT conname FROM pg_constraint WHERE convalidated ORDER BY conname",
        "SELECT indexdef FROM pg_indexes WHERE schemaname IN ('public', 'other') ORDER BY 1",
        "SELECT tgname::text FROM pg_trigger WHERE NOT tgisinternal",
        "SELECT nextval('visit_id_seq')",
    ):
        assert query(url, compared) == query(source, compared), compared
    assert query(url, "SELECT reltuples::int FROM pg_class WHERE oid = 'visit'::regclass") == [3001], "not analyzed"


def test_only_the_tables_asked_for_are_rebuilt(system: System) -> None:
    findings = restored(system, "public.item", "CamelCase")
    assert [finding for finding in findings if not finding.passed] == []
    url = url_of(system)
    assert tables_in(url) == {"item", '"CamelCase"'}
    assert query(url, "SELECT count(*) FROM item") == [2000]
    assert query(url, "SELECT conname FROM pg_constraint WHERE contype IN ('p', 'f') AND oid >= 16384 ORDER BY 1") == [
        "CamelCase_pkey",
        "item_pkey",
    ], "the foreign key to a table that is not there is left out"
    assert query(url, "SELECT nextval('item_id_seq')") == [2001]
    assert query(
        url, "SELECT relname::text FROM pg_class WHERE relkind IN ('S', 'v', 'm') AND oid >= 16384 ORDER BY 1"
    ) == [
        "item_id_seq",
        "ticket",
    ]


def test_a_partitioned_table_stands_for_its_partitions_and_one_partition_for_itself(system: System) -> None:
    assert all(finding.passed for finding in restored(system, "event"))
    assert tables_in(url_of(system)) == {"event", "event_january", "event_february"}
    assert query(url_of(system), "SELECT count(*) FROM event") == [900]


def test_a_single_partition_is_rebuilt_in_its_otherwise_empty_table(system: System) -> None:
    assert all(finding.passed for finding in restored(system, "event_january"))
    assert tables_in(url_of(system)) == {"event", "event_january"}
    assert query(url_of(system), "SELECT count(*) FROM event") == [480]


def test_a_table_that_inherits_brings_the_empty_parent_that_it_needs(system: System) -> None:
    assert all(finding.passed for finding in restored(system, "heir"))
    assert tables_in(url_of(system)) == {"heir", "parent"}
    assert query(url_of(system), "SELECT count(*) FROM ONLY parent") == [0]


def test_a_table_split_into_parts_is_rebuilt_in_order(
    system: System, source: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setattr("sereno.backup.rows.SPLIT_PAGES", 8)
    (tmp_path / "backups").mkdir()
    manifest = write.write(system).manifest
    assert max(len(table.parts) for table in manifest.tables) > 1
    assert all(finding.passed for finding in restored(system))


def test_a_target_that_is_not_empty_is_refused(system: System) -> None:
    with psycopg.connect(url_of(system)) as connection:
        connection.execute("CREATE VIEW something AS SELECT 1")
    with pytest.raises(RefusedError, match=r"is not empty \(it has the table or view public\.something\)"):
        plan.plan_restore(system, target="empty")


@pytest.mark.parametrize(
    "script",
    [
        "CREATE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE SCHEMA s",
        "CREATE SEQUENCE q",
        "SELECT lo_create(0)",
        "CREATE TYPE e AS ENUM ('a')",
    ],
)
def test_not_only_tables_make_a_target_not_empty(system: System, script: str) -> None:
    with psycopg.connect(url_of(system)) as connection:
        connection.execute(script.encode())
    with pytest.raises(RefusedError, match="is not empty"):
        plan.plan_restore(system, target="empty")


def test_tables_and_targets_that_do_not_exist_or_are_ambiguous_are_refused(system: System) -> None:
    with pytest.raises(ConfigurationError, match="no table 'nothing' in backup"):
        plan.plan_restore(system, tables=["nothing"])
    with pytest.raises(ConfigurationError, match=r"'item' could be other\.item or public\.item; write which"):
        plan.plan_restore(system, tables=["item"])
    with pytest.raises(ConfigurationError, match="knows: scratch, original, empty"):
        plan.plan_restore(system, target="production")


def test_a_missing_extension_is_named(system: System) -> None:
    chosen = plan.plan_restore(system, target="empty")
    needs = chosen.manifest.model_copy(
        update={"extensions": (Extension(name="postgis", version="3", schema_name="public"),)}
    )
    (finding,) = plan.lacks(plan.RestorePlan(manifest=needs, target="empty", tables=()), Secret(url_of(system)))
    assert not finding.passed
    assert finding.name == "extension postgis"


def test_missing_roles_are_made_without_login(system: System, server: str) -> None:
    chosen = plan.plan_restore(system, target="empty")
    wanting = plan.RestorePlan(
        manifest=chosen.manifest.model_copy(update={"roles": ("nobody yet",)}), target="empty", tables=()
    )
    try:
        assert load.create_roles(wanting, Secret(url_of(system))).created == ("nobody yet",)
        assert query(server, "SELECT rolcanlogin FROM pg_roles WHERE rolname = 'nobody yet'") == [False]
    finally:
        with psycopg.connect(server) as connection:
            connection.execute('DROP ROLE IF EXISTS "nobody yet"')


def test_a_role_that_is_no_superuser_can_restore_and_owns_everything(system: System, server: str) -> None:
    with psycopg.connect(server) as connection:
        connection.execute("DROP ROLE IF EXISTS plain")
        connection.execute("CREATE ROLE plain LOGIN PASSWORD 'p'")
    with database(
        server,
        script=OWNED_BY_PLAIN,
    ) as url:
        own = system_of(url, target=as_url(url, user="plain", password="p"))
        assert all(finding.passed for finding in restored(own, "public.item") if finding.required)
        assert query(url, "SELECT relowner::regrole::text FROM pg_class WHERE oid = 'item'::regclass") == ["plain"]


def test_a_row_changed_after_the_restore_is_found(system: System) -> None:
    restored(system, "no_key", "pair")
    url = url_of(system)
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE pair SET b = b || 'x' WHERE a = 3 AND b = 'é10'")
        connection.execute("DELETE FROM no_key WHERE a = 1")
    chosen = plan.RestorePlan(
        manifest=BackupPlace.of(system).open("latest").manifest,
        target="empty",
        tables=plan.choose_tables(BackupPlace.of(system).open("latest").manifest, ["no_key", "pair"]),
    )
    findings = {finding.name: finding for finding in prove.prove_content(system, chosen, Secret(url))}
    assert "SHA-256 differs" in findings["content of public.pair"].evidence
    assert "4 rows were restored where 5 were backed up" in findings["content of public.no_key"].evidence
    assert not any(finding.passed for finding in findings.values())


def test_a_damaged_object_stops_the_restore_and_none_of_its_rows_are_visible(system: System, backed_up: Path) -> None:
    backup = BackupPlace.of(system).open("latest")
    (table,) = [table for table in backup.manifest.tables if table.label == "public.visit"]
    path = backed_up / "backups" / backup.object_path(table.parts[0].name)
    whole = path.read_bytes()
    path.write_bytes(whole[:-20] + bytes([whole[-20] ^ 1]) + whole[-19:])
    try:
        with pytest.raises(IntegrityError, match="is damaged"):
            restored(system, "visit")
        assert query(url_of(system), "SELECT count(*) FROM visit") == [0]
    finally:
        path.write_bytes(whole)


def test_an_edited_manifest_and_a_moved_backup_are_refused(system: System, backed_up: Path) -> None:
    place = BackupPlace.of(system)
    backup = place.open("latest")
    folder = backed_up / "backups" / backup.folder
    manifest = folder / "manifest.jsonl"
    whole = manifest.read_bytes()
    try:
        manifest.write_bytes(whole.replace(b'"rows":3001', b'"rows":3000'))
        with pytest.raises(IntegrityError, match="was changed after it was written"):
            place.open(backup.manifest.id)
        manifest.write_bytes(whole[: len(whole) // 2])
        with pytest.raises(IntegrityError):
            place.open(backup.manifest.id)
    finally:
        manifest.write_bytes(whole)
    moved = folder.rename(folder.with_name("20300101T000000Z-full-00000000"))
    try:
        with pytest.raises(IntegrityError, match="somebody moved a backup"):
            place.open("latest")
    finally:
        moved.rename(folder)


def test_a_failed_program_says_what_it_said(system: System) -> None:
    chosen = plan.plan_restore(system, target="empty")
    with psycopg.connect(url_of(system)) as connection:
        connection.execute("CREATE TYPE mood AS ENUM ('other')")
    with pytest.raises(ContractError, match=r'pg_restore failed: .*type "mood" already exists'):
        load.restore_before_rows(system, chosen, Secret(url_of(system)), load.Roles(created=(), owners_kept=True))


def test_what_a_newer_pg_dump_wrote_goes_into_an_older_server(
    server: str, source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    newer = find_binaries("pg_dump", "pg_restore", "psql", at_least=17)
    with psycopg.connect(server) as connection:
        if connection.info.server_version // 10_000 >= newer.major:
            pytest.skip("no server older than the newest pg_dump is here")
    (tmp_path / "backups").mkdir()
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SERENO_PG_BIN", str(newer.folder))
    with database(server) as empty:
        system = system_of(source, target=empty)
        assert write.write(system).manifest.versions.pg_dump == newer.version
        monkeypatch.delenv("SERENO_PG_BIN")
        assert [finding for finding in restored(system) if not finding.passed and finding.required] == []
