"""What a drill finds in a restored database, and that nothing of it is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import AWKWARD_SCHEMA, PASSPHRASE, as_url, database, reference, system_of
from integration.drill_case import drilled, failed, left_behind, names
from integration.system_folders import written
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.drill import database as drill_database
from sereno.drill.plan import plan_drill
from sereno.errors import ConfigurationError, IntegrityError, RefusedError
from sereno.systems.model import System

CHECKS = {
    "drill.items_have_visits": "SELECT id FROM item WHERE visit_id NOT IN (SELECT id FROM visit)",
    "drill_newest_row": "SELECT max(at) AS newest_at FROM visit",
}
CHANGES = """
UPDATE visit SET amount = amount + 1 WHERE id % 90 = 0;
DELETE FROM "CamelCase" WHERE "select" < 20;
INSERT INTO pair VALUES (99, 'new');
"""


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path


@pytest.fixture
def source(server: str) -> Iterator[str]:
    with database(server, script=AWKWARD_SCHEMA) as url:
        yield url


@pytest.fixture
def system(source: str, server: str, home: Path) -> System:
    """A system that drills on the demo's server, and whose newest row may be a year older than its backup."""
    drill = {"server_url": reference(server), "newest_row_hours": 8_760}
    return written(system_of(source), home / "deployments", sql=CHECKS, drill=drill)


def test_a_full_backup_is_proven_and_nothing_is_left_behind(system: System, server: str) -> None:
    write.write(system)
    findings = drilled(system)
    assert failed(findings) == {}
    assert "SHA-256" in findings["content of public.visit"].evidence
    assert {
        "schema",
        "sequences",
        "every constraint is validated",
        "every index is valid",
        "B-tree indexes hold every row (amcheck)",
        "pages of tables are right (amcheck)",
        "sql/drill.items_have_visits.sql returns no row",
        "the newest row is fresh",
    } <= findings.keys()
    assert left_behind(server) == set()


def test_a_chain_is_proven_by_the_digests_of_its_content(system: System, source: str) -> None:
    write.write(system)
    with psycopg.connect(source) as connection:
        connection.execute(CHANGES.encode())
    increment = write.write(system, BackupKind.INCREMENTAL, content_digests=True)
    assert increment.manifest.kind is BackupKind.INCREMENTAL, increment.remark
    plan = plan_drill(system)
    assert (len(plan.chain), plan.chain[-1], plan.only_counted) == (2, increment.id, ())
    findings = drilled(system)
    assert failed(findings) == {}
    assert findings["content of public.visit"].evidence == "3,001 rows, the digest of their content is equal"


def test_a_changed_row_of_a_chain_is_found(system: System, source: str) -> None:
    write.write(system)
    with psycopg.connect(source) as connection:
        connection.execute(CHANGES.encode())
    write.write(system, BackupKind.INCREMENTAL, content_digests=True)
    found = failed(drilled(system, meanwhile="UPDATE visit SET name = name || '.' WHERE id = 90"))
    assert found == {"content of public.visit": "3,001 rows, but their content differs"}


def test_a_chain_without_digests_is_said_to_be_only_counted(system: System, source: str) -> None:
    write.write(system)
    write.write(system, BackupKind.INCREMENTAL)
    assert "public.visit" in plan_drill(system).only_counted


@pytest.mark.parametrize(
    ("meanwhile", "name", "evidence"),
    [
        ("UPDATE pair SET b = b || 'x' WHERE a = 3 AND b = 'é10'", "content of public.pair", "SHA-256 differs"),
        (
            "DROP INDEX item_visit_id_idx",
            "schema",
            "only in the backup: CREATE INDEX item_visit_id_idx ON public.item USING btree (visit_id);",
        ),
        ("SELECT setval('ticket', 5)", "sequences", "differs: public.ticket"),
        (
            "UPDATE pg_constraint SET convalidated = false WHERE conname = 'item_visit_id_fkey'",
            "every constraint is validated",
            "item_visit_id_fkey of public.item; the backup holds them so",
        ),
        (
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'item_visit_id_idx'::regclass",
            "every index is valid",
            "public.item_visit_id_idx",
        ),
        (
            "DELETE FROM pg_trigger WHERE tgrelid IN ('item'::regclass, 'visit'::regclass);"
            "UPDATE item SET visit_id = 99999 WHERE id < 4",
            "sql/drill.items_have_visits.sql returns no row",
            "it returned 3 rows; run it on the system to see them",
        ),
        (
            "UPDATE visit SET at = at - interval '3 years'",
            "the newest row is fresh",
            "of drill.newest_row_hours: does the system still write",
        ),
        ("UPDATE visit SET at = '2999-01-01'", "the newest row is fresh", "after the backup: a clock is wrong"),
        ("DELETE FROM item; DELETE FROM visit", "the newest row is fresh", "there is no row"),
    ],
)
def test_what_is_not_right_in_the_restored_database_is_found(
    system: System, server: str, meanwhile: str, name: str, evidence: str
) -> None:
    write.write(system)
    found = failed(drilled(system, meanwhile=meanwhile))
    assert evidence in found[name]
    assert left_behind(server) == set()


def test_an_index_that_lacks_a_row_is_found_by_amcheck(system: System) -> None:
    write.write(system)
    meanwhile = """
        UPDATE pg_index SET indisready = false, indisvalid = false WHERE indexrelid = 'pair_pkey'::regclass;
        INSERT INTO pair VALUES (1, 'not in the index');
        UPDATE pg_index SET indisready = true, indisvalid = true WHERE indexrelid = 'pair_pkey'::regclass;
    """
    found = failed(drilled(system, meanwhile=meanwhile))
    assert "public.pair_pkey: heap tuple" in found["B-tree indexes hold every row (amcheck)"]
    assert "content of public.pair" in found


def test_a_constraint_that_the_system_never_validated_is_an_optional_finding(system: System, source: str) -> None:
    with psycopg.connect(source) as connection:
        connection.execute('ALTER TABLE "CamelCase" ADD CONSTRAINT positive CHECK ("select" > 0) NOT VALID')
    write.write(system)
    findings = drilled(system)
    assert list(failed(findings)) == ["every constraint is validated"]
    assert not findings["every constraint is validated"].required


def test_one_broken_check_query_hides_no_other(system: System, home: Path) -> None:
    broken = {
        "drill.broken": "SELECT * FROM nowhere",
        "drill.writes": "INSERT INTO pair VALUES (1, 'x') RETURNING a",
        "drill.reads_files": "SELECT pg_read_file('/etc/hostname')",
        "drill_newest_row": "SELECT 7 AS newest_at",
    }
    written(system, home / "deployments", sql=broken)
    write.write(system)
    found = failed(drilled(system))
    assert 'relation "nowhere" does not exist' in found["sql/drill.broken.sql returns no row"]
    assert "sql/drill.writes.sql returns no row" in found
    assert "permission denied" in found["sql/drill.reads_files.sql returns no row"]
    assert "gives no timestamp called newest_at" in found["the newest row is fresh"]
    assert "sql/drill.items_have_visits.sql returns no row" not in found


def test_a_role_that_is_no_superuser_can_drill_and_the_schema_is_compared_without_owners(
    system: System, server: str, home: Path
) -> None:
    with psycopg.connect(server) as connection:
        connection.execute("DROP ROLE IF EXISTS driller")
        connection.execute("CREATE ROLE driller LOGIN CREATEDB PASSWORD 'p'")
    try:
        own = written(
            system, home / "deployments", drill={"server_url": reference(as_url(server, user="driller", password="p"))}
        )
        write.write(own)
        findings = drilled(own)
        assert findings["schema"].evidence == "its dump is the backup's line by line, without owners and grants"
        optional = {"indexes and pages are right (amcheck)"}
        assert set(failed(findings)) == optional
        dropped = failed(drilled(own, meanwhile="DROP INDEX item_visit_id_idx"))
        assert "only in the backup: CREATE INDEX item_visit_id_idx" in dropped["schema"]
    finally:
        with psycopg.connect(server) as connection:
            connection.execute("DROP ROLE driller")


def test_roles_that_came_with_the_backup_go_with_the_database(system: System, server: str, source: str) -> None:
    with psycopg.connect(server) as connection:
        connection.execute('CREATE ROLE "gone meanwhile" NOLOGIN')
    with psycopg.connect(source) as connection:
        connection.execute('GRANT SELECT ON pair TO "gone meanwhile"')
    write.write(system)
    with psycopg.connect(source) as connection:
        connection.execute('DROP OWNED BY "gone meanwhile"; DROP ROLE "gone meanwhile"')
    assert failed(drilled(system)) == {}
    assert "gone meanwhile" not in names(server, "SELECT rolname FROM pg_roles")


def test_what_a_dead_drill_left_is_dropped_by_the_next(system: System, server: str) -> None:
    write.write(system)
    plan = plan_drill(system)
    into = drill_database.start_database(system, plan)
    with psycopg.connect(into.resolve()) as connection:
        connection.execute("CREATE TABLE half_filled (a int)")
    assert left_behind(server)
    assert failed(drilled(system)) == {}
    assert left_behind(server) == set()


def test_a_server_that_is_older_than_the_source_is_refused(
    system: System, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    write.write(system)
    plan = plan_drill(system)
    monkeypatch.setattr(type(plan.restore), "major", 99)
    with pytest.raises(ConfigurationError, match="and 99 was backed up; name a server that is not older"):
        drill_database.start_database(system, plan)
    assert left_behind(server) == set()


def test_the_newest_backup_that_everything_can_be_restored_from_is_drilled(system: System) -> None:
    with pytest.raises(RefusedError, match="has no backup in store local"):
        plan_drill(system)
    full = write.write(system)
    write.write(system, BackupKind.DATA_ONLY)
    assert plan_drill(system).restore.backup == full.id
    with pytest.raises(RefusedError, match="holds no schema"):
        plan_drill(system, backup=BackupPlace.of(system).identifiers()[-1])


def test_a_chain_whose_parent_is_gone_is_not_begun(system: System, home: Path) -> None:
    full = write.write(system)
    write.write(system, BackupKind.INCREMENTAL)
    (home / "backups" / "awkward" / full.id / "manifest.jsonl").unlink()
    with pytest.raises(IntegrityError, match=f"rests on {full.id}, which is not in store local"):
        plan_drill(system)
