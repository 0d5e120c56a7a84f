"""Checking against the real database: rights, policies and SQL files, without reading or changing a row."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sereno.check import check_system
from sereno.database.contracts import contract_problems
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.contracts.contract import Contract, Family, SqlKind
from sereno.systems.sql_file import SqlFile

SCHEMA = """
    CREATE TYPE mood AS ENUM ('fine', 'ill');
    CREATE DOMAIN email AS text;
    CREATE TABLE client (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, label varchar(50), mood mood, mail email,
                         seen timestamptz, born timestamp, tags text[], key uuid, extra jsonb, spent numeric,
                         active bool);
    CREATE SCHEMA "Odd Name" CREATE TABLE "Order" (id int);
    CREATE TABLE audit (at timestamptz, action text, actor text, effect varchar(20), payload jsonb);
    CREATE FUNCTION changes() RETURNS bigint LANGUAGE sql AS 'DELETE FROM client; SELECT 1::bigint';
"""
SYSTEM = """\
name: point
title: Point integrations
timezone: Europe/Lisbon
database: {url: "${POINT_URL}", read_url: "${POINT_READ_URL}"}
backup: {stores: [{name: local, folder: .}], passphrase: "${POINT_PASSPHRASE}"}
"""
MIRROR = "INSERT INTO audit (at, action, actor, effect, payload) VALUES (:at, :action, :actor, :effect, :payload)"


@pytest.fixture
def owner_url(demo: Any, scratch_database: str) -> str:
    with psycopg.connect(scratch_database) as connection:
        connection.execute(SCHEMA)
    return scratch_database


@pytest.fixture
def superuser_url(demo: Any, owner_url: str) -> str:
    return make_conninfo(demo.superuser_url, dbname=conninfo_to_dict(owner_url)["dbname"])


@pytest.fixture
def reader_url(demo: Any, owner_url: str) -> str:
    return make_conninfo(demo.read_url, dbname=conninfo_to_dict(owner_url)["dbname"])


@pytest.fixture
def reader(demo: Any) -> sql.Identifier:
    return sql.Identifier(str(conninfo_to_dict(demo.read_url)["user"]))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, owner_url: str, reader_url: str) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    folder = tmp_path / "deployments" / "point"
    (folder / "sql").mkdir(parents=True)
    (folder / "system.yaml").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("POINT_URL", owner_url)
    monkeypatch.setenv("POINT_READ_URL", reader_url)
    monkeypatch.setenv("POINT_PASSPHRASE", "correct horse battery")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    return folder


def run_as(url: str, *statements: str | sql.Composed) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)


def findings() -> dict[str, Finding]:
    return {finding.name: finding for finding in check_system("point", online=True, settings=Settings())}


def failed() -> dict[str, Finding]:
    return {name: finding for name, finding in findings().items() if not finding.passed}


def test_a_system_with_proper_roles_is_ready(folder: Path, owner_url: str, reader: sql.Identifier) -> None:
    run_as(
        owner_url,
        sql.SQL('GRANT USAGE ON SCHEMA "Odd Name" TO {}').format(reader),
        sql.SQL('GRANT SELECT ON ALL TABLES IN SCHEMA public, "Odd Name" TO {}').format(reader),
        sql.SQL("GRANT SELECT ON ALL SEQUENCES IN SCHEMA public TO {}").format(reader),
    )
    (folder / "sql" / "audit.mirror.sql").write_text(MIRROR)
    found = findings()
    assert [finding for finding in found.values() if not finding.passed] == []
    assert found["database.read_url connects"].evidence.startswith("PostgreSQL ")
    assert found["sql/audit.mirror.sql fits the database"].passed
    assert found["pg_dump is as new as the server"].passed


def test_everything_that_a_backup_could_not_read_is_named(folder: Path) -> None:
    found = failed()["database.read_url may read what a backup holds"]
    assert found.required
    assert found.evidence.startswith('"Odd Name"."Order", public.audit, public.client, sequence public.client_id_seq; ')


def test_tables_whose_policies_hide_rows_are_named(folder: Path, owner_url: str) -> None:
    run_as(owner_url, 'ALTER TABLE "Odd Name"."Order" ENABLE ROW LEVEL SECURITY')
    found = failed()["no policy hides rows from database.read_url"]
    assert found.required
    assert found.evidence.startswith('"Odd Name"."Order"; ')


def test_a_read_role_that_owns_tables_is_warned_about(
    folder: Path, owner_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POINT_READ_URL", owner_url)
    found = failed()["database.read_url owns no tables"]
    assert not found.required
    assert "public.client" in found.evidence


def test_without_a_read_url_the_other_role_is_looked_at(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM.replace(', read_url: "${POINT_READ_URL}"', ""))
    assert "database.url owns no tables" in failed()
    assert not [name for name in findings() if "read_url" in name]


def test_a_superuser_is_warned_about_once(folder: Path, superuser_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINT_READ_URL", superuser_url)
    found = failed()
    assert found["database.read_url cannot run programs or write files on the server"].evidence.startswith(
        "superuser; "
    )
    assert "database.read_url owns no tables" not in found


@pytest.fixture
def dangerous_url(superuser_url: str, reader_url: str, reader: sql.Identifier) -> Iterator[str]:
    run_as(superuser_url, sql.SQL("GRANT pg_execute_server_program, pg_write_server_files TO {}").format(reader))
    yield reader_url
    run_as(superuser_url, sql.SQL("REVOKE pg_execute_server_program, pg_write_server_files FROM {}").format(reader))


def test_a_role_that_may_run_programs_or_write_files_is_warned_about(folder: Path, dangerous_url: str) -> None:
    found = failed()["database.read_url cannot run programs or write files on the server"]
    assert not found.required
    assert "member of pg_execute_server_program, member of pg_write_server_files" in found.evidence


def test_one_bad_url_does_not_hide_the_other(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINT_URL", "postgresql://u:hunter2!@127.0.0.1:1/d")
    found = findings()
    assert not found["database.url connects"].passed
    assert "database.read_url may read what a backup holds" in found
    assert "hunter2" not in str(found)


def test_a_missing_secret_hides_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("POINT_READ_URL")
    found = findings()
    assert "the secret ${POINT_READ_URL} is not set" in found["database.read_url connects"].evidence
    assert found["database.url connects"].passed


def test_a_statement_is_checked_as_the_role_that_would_run_it(folder: Path, owner_url: str) -> None:
    mirror = folder / "sql" / "audit.mirror.sql"
    mirror.write_text(MIRROR.replace("effect, payload)", "effect, payloads)", 1))
    evidence = failed()["sql/audit.mirror.sql fits the database"].evidence
    assert 'audit.mirror.sql:1: column "payloads" of relation "audit" does not exist' in evidence
    mirror.write_text(MIRROR)
    run_as(owner_url, "REVOKE INSERT ON audit FROM CURRENT_USER")
    assert "permission denied for table audit" in failed()["sql/audit.mirror.sql fits the database"].evidence


QUERY = Contract(
    stem="clients",
    kind=SqlKind.QUERY,
    job="maintenance",
    description="x",
    columns={"id": frozenset({Family.INTEGER, Family.UUID, Family.TEXT}), "label": frozenset({Family.TEXT})},
    optional_columns={"seen": frozenset({Family.TIMESTAMP}), "extra": frozenset({Family.ANY})},
    parameters={"cutoff": Family.TIMESTAMP, "ids": Family.ARRAY, "key": Family.UUID, "name": Family.TEXT},
)
CHANGE = Contract(stem="change", kind=SqlKind.STATEMENT, job="x", description="x", parameters=QUERY.parameters)


@pytest.fixture
def session(owner_url: str) -> Iterator[psycopg.Connection]:
    run_as(owner_url, "INSERT INTO client (label) VALUES ('one')")
    with psycopg.connect(owner_url, options="-c row_security=off -c default_transaction_read_only=on") as connection:
        connection.read_only = True
        yield connection
    with psycopg.connect(owner_url) as connection:
        assert connection.execute("SELECT array_agg(label) FROM client").fetchone() == (["one"],)


def problems(session: psycopg.Connection, contract: Contract, text: str) -> list[str]:
    found = contract_problems(session, contract, SqlFile(Path(f"{contract.stem}.sql"), text))
    return [problem.removeprefix(f"{contract.stem}.sql: ") for problem in found]


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id, label FROM client", "SELECT id, label FROM client; -- done",
        "SELECT id::text AS id, mood AS label FROM client",
        "SELECT key AS id, mail AS label, seen, extra FROM client",
        "SELECT id, label, born AS seen, tags AS extra FROM client", "SELECT 1 AS id, 'x' AS label WHERE true",
        "WITH c AS (SELECT * FROM client) SELECT id, label FROM c WHERE seen < :cutoff OR born < :cutoff",
        "SELECT id, label FROM client WHERE id = ANY(:ids) AND key = :key AND label LIKE '%' || :name || '%'",
        "SELECT * FROM (VALUES (1, 'a')) AS v (id, label)",
    ],
)  # fmt: skip
def test_a_query_that_keeps_its_contract_passes(session: psycopg.Connection, text: str) -> None:
    assert problems(session, QUERY, text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT id FROM client", ["gives no column label; expected text"]),
        (
            "SELECT spent AS id, active AS label, seen::date AS seen FROM client",
            [
                "column id is numeric; expected integer or text or uuid",
                "column label is boolean; expected text",
                "column seen is date; expected timestamp",
            ],
        ),
        ("SELECT id, label, spent FROM client", ["gives a column 'spent' that maintenance does not know"]),
        ("SELECT id, label, now() - seen AS seen FROM client", ["column seen is interval; expected timestamp"]),
        ("SELECT id, label FROM clients", ['while running clients.sql:1: relation "clients" does not exist']),
        ("SELECT id,\n labl FROM client", ['while running clients.sql:2: column "labl" does not exist']),
        ("SELECT 1 AS id, 'x' AS label; COMMIT", ["clients.sql:1: a second statement; a file holds exactly one"]),
    ],
)
def test_a_query_that_breaks_its_contract_is_described(
    session: psycopg.Connection, text: str, expected: list[str]
) -> None:
    assert problems(session, QUERY, text) == expected


NO_PLAIN_QUERY = (
    "SELECT id, label FROM client WHERE label = :labl", "SELECT id, label FROM client WHERE id = :key", "COMMIT",
    "SET row_security = on", "COPY client TO STDOUT", "LOCK TABLE client", "analyze client",
    "analyze select changes() as id, 'x' as label", "analyze (select changes() as id, 'x' as label)",
    "analyze delete from client", "DELETE FROM client RETURNING id, label",
    "WITH gone AS (DELETE FROM client RETURNING id, label) SELECT id, label FROM gone",
    "SELECT id, label FROM client FOR UPDATE", "SELECT id, label INTO made FROM client",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_PLAIN_QUERY)
def test_what_is_no_plain_query_is_one_problem(session: psycopg.Connection, text: str) -> None:
    assert len(problems(session, QUERY, text)) == 1


def test_no_function_of_a_query_is_called(session: psycopg.Connection) -> None:
    assert problems(session, QUERY, "SELECT changes() AS id, label FROM client") == []


@pytest.mark.parametrize(
    "text",
    [
        "UPDATE client SET active = false, seen = :cutoff WHERE id = ANY(:ids)",
        "DELETE FROM client WHERE key = :key RETURNING id;",
        "INSERT INTO client (label, born) SELECT :name, :cutoff",
        "WITH gone AS (DELETE FROM client RETURNING 1) SELECT count(*) FROM gone", "SELECT changes()",
    ],
)  # fmt: skip
def test_a_statement_that_keeps_its_contract_passes_and_changes_nothing(session: psycopg.Connection, text: str) -> None:
    assert problems(session, CHANGE, text) == []


NO_CHANGE = (
    "COMMIT", "DO $$ BEGIN DELETE FROM client; END $$", "CALL changes()", "analyze delete from client",
    "DELETE FROM client; COMMIT", "DELETE FROM client WHERE id = :key", "DELETE FROM client WHERE id = :unknown",
    "DELETE FROM nothing",
)  # fmt: skip


@pytest.mark.parametrize("text", NO_CHANGE)
def test_a_statement_that_breaks_its_contract_is_described(session: psycopg.Connection, text: str) -> None:
    assert len(problems(session, CHANGE, text)) == 1


def test_a_policy_that_would_hide_rows_from_a_query_is_described(
    session: psycopg.Connection, superuser_url: str
) -> None:
    run_as(superuser_url, "ALTER TABLE client ENABLE ROW LEVEL SECURITY", "ALTER TABLE client FORCE ROW LEVEL SECURITY")
    (problem,) = problems(session, QUERY, "SELECT id, label FROM client")
    assert "row-level security" in problem
    run_as(superuser_url, "ALTER TABLE client NO FORCE ROW LEVEL SECURITY")
