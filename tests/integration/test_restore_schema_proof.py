"""The proof of a restored schema: right where PostgreSQL only writes it otherwise, and wrong where anything differs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from integration.databases import PASSPHRASE, as_url, database, reference, system_of
from integration.drill_case import drilled, failed, left_behind
from integration.restoring import built, execute
from integration.system_folders import written
from sereno.backup import write
from sereno.reports.model import Finding
from sereno.restore import load, plan
from sereno.restore.prove_schema import prove_schema
from sereno.systems.model import System
from sereno.systems.secrets import Secret

WRITTEN_OTHERWISE = """
CREATE TABLE booking (
    id int PRIMARY KEY,
    state varchar(20) DEFAULT 'open' CHECK (state IN ('open', 'paid', 'gone')),
    code char(3) CHECK (code NOT IN ('abc', 'abd')),
    price numeric(8, 2) CHECK (price IN (1, 2.5)),
    at timestamptz DEFAULT now(),
    CONSTRAINT both_given CHECK (state = ANY (ARRAY['open', 'paid']) OR at IS NOT NULL));
CREATE VIEW paid AS SELECT id, state::varchar AS state, at::date::text || 'x' AS day, price::int / 2 AS half
    FROM booking WHERE state IN ('paid', 'gone') AND at > '2026-01-01'::date;
CREATE INDEX open_ones ON booking (state, lower(code)) WHERE state IN ('open', 'paid');
CREATE FUNCTION price_of(int) RETURNS numeric LANGUAGE sql AS 'SELECT price FROM booking WHERE id = $1';
CREATE MATERIALIZED VIEW counted AS SELECT state, count(*) FROM booking WHERE state IN ('open', 'paid') GROUP BY 1;
CREATE POLICY mine ON booking USING (state IN ('open', 'paid'));
CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touched BEFORE UPDATE ON booking FOR EACH ROW WHEN (NEW.state IN ('open', 'paid'))
    EXECUTE FUNCTION touch();
CREATE TRIGGER seen BEFORE DELETE ON booking FOR EACH ROW EXECUTE FUNCTION touch();
CREATE VIEW loud AS SELECT lower(state) AS state FROM booking WHERE state IN ('gone', 'paid');
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE DOMAIN short AS varchar(5) CHECK (VALUE IN ('a', 'b'));
CREATE SEQUENCE ticket INCREMENT 5;
CREATE TABLE child (id int GENERATED ALWAYS AS IDENTITY, booking_id int NOT NULL REFERENCES booking, mood mood);
INSERT INTO booking VALUES (1, 'paid', 'x', 1, '2026-02-03');
REFRESH MATERIALIZED VIEW counted;
GRANT SELECT ON booking TO PUBLIC;
"""
"""Much of it is read and written back by PostgreSQL in other words than pg_dump wrote."""


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(scope="module")
def system(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """A system with one backup, that drills on the demo's server."""
    home: Path = tmp_path_factory.mktemp("home")
    (home / "backups").mkdir()
    with pytest.MonkeyPatch.context() as environment, database(server, script=WRITTEN_OTHERWISE) as url:
        environment.setenv("SERENO_HOME", str(home))
        # Casts of a list are known, and given in one way; here they stand for all that nobody has thought of.
        environment.setattr("sereno.backup.schema_dump._CAST_AS_A_WHOLE", re.compile(rb"(?!)"))
        environment.setenv("SERENO_SYSTEMS_DIR", str(home / "deployments"))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        made = written(system_of(url), home / "deployments", sql={}, drill={"server_url": reference(server)})
        write.write(made)
        yield made


def test_what_postgresql_only_writes_otherwise_after_a_restore_is_no_difference(system: System, server: str) -> None:
    findings = drilled(system)
    assert failed(findings) == {}
    assert "PostgreSQL writes" in findings["schema"].evidence, "this version writes it all the same: nothing is tested"
    assert left_behind(server) == set()


@pytest.fixture(scope="module")
def restored(system: System, server: str) -> Iterator[str]:
    """The backup, restored; not to be changed."""
    with database(server) as url:
        built(system, plan.plan_restore(system), Secret(url))
        yield url


@pytest.fixture
def copied(restored: str, server: str) -> Iterator[str]:
    """A copy of what was restored, for a test to change."""
    with database(server) as url:
        name, template = (psycopg.sql.Identifier(str(conninfo_to_dict(each)["dbname"])) for each in (url, restored))
        with psycopg.connect(server, autocommit=True) as connection:
            connection.execute(psycopg.sql.SQL("DROP DATABASE {}").format(name))
            connection.execute(psycopg.sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(name, template))
        yield url


def proven(system: System, url: str, *, owners: bool = True) -> dict[str, Finding]:
    chosen = plan.plan_restore(system)
    found = prove_schema(system, chosen, Secret(url), load.Roles(created=(), owners_kept=owners))
    return {finding.name: finding for finding in found}


@pytest.mark.parametrize(
    ("change", "evidence"),
    [
        ("DROP INDEX open_ones", "only in the backup: CREATE INDEX open_ones ON public.booking"),
        ("ALTER TABLE booking ALTER state SET DEFAULT 'paid'", "only in the restored database: state character"),
        ("ALTER TABLE booking DROP CONSTRAINT both_given", "only in the backup: CONSTRAINT both_given"),
    ],
)
def test_what_differs_is_found_beside_what_is_only_written_otherwise(
    system: System, server: str, copied: str, change: str, evidence: str
) -> None:
    execute(copied, change)
    schema = proven(system, copied)["schema"]
    assert not schema.passed
    assert schema.required
    assert evidence in schema.evidence
    assert "booking_state_check" not in schema.evidence
    assert left_behind(server) == set()


CHANGES = {
    "ALTER TABLE booking ALTER code TYPE varchar(4)": "code character varying(4)",
    "ALTER TABLE child ALTER booking_id DROP NOT NULL": "only in the restored database: booking_id integer\n",
    "ALTER TABLE child DROP CONSTRAINT child_booking_id_fkey": "only in the backup: ADD CONSTRAINT child_booking_id_",
    "ALTER TABLE booking DROP CONSTRAINT booking_price_check;"
    "ALTER TABLE booking ADD CONSTRAINT booking_price_check CHECK (price IN (1, 2.6))": "2.6]",
    "CREATE OR REPLACE VIEW loud AS SELECT upper(state) AS state FROM booking": "SELECT upper(",
    "ALTER POLICY mine ON booking USING (true)": "only in the restored database: CREATE POLICY mine",
    "DROP TRIGGER touched ON booking": "only in the backup: CREATE TRIGGER touched",
    "ALTER TABLE booking DISABLE TRIGGER seen": "booking DISABLE TRIGGER seen",
    "CREATE OR REPLACE FUNCTION price_of(int) RETURNS numeric LANGUAGE sql AS 'SELECT 1.0'": "SELECT 1.0",
    "ALTER TYPE mood ADD VALUE 'glad'": "only in the restored database: 'glad'",
    "ALTER SEQUENCE ticket INCREMENT 6": "only in the restored database: INCREMENT BY 6",
    "REVOKE SELECT ON booking FROM PUBLIC": "only in the backup: GRANT SELECT ON TABLE public.booking TO PUBLIC",
    "ALTER TABLE booking ENABLE ROW LEVEL SECURITY": "booking ENABLE ROW LEVEL SECURITY",
    "CREATE TABLE extra (a int)": "only in the restored database: CREATE TABLE public.extra (",
    "COMMENT ON TABLE booking IS 'changed'": "only in the restored database: COMMENT ON TABLE public.booking",
    "ALTER DOMAIN short DROP CONSTRAINT short_check": "only in the backup: CONSTRAINT short_check",
    "ALTER TABLE child ALTER id DROP IDENTITY": "only in the backup: ALTER TABLE public.child ALTER COLUMN id ADD GENE",
}


def test_every_kind_of_difference_is_found(system: System, copied: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.restore.prove_schema._MOST_SHOWN", 1_000)
    execute(copied, "; ".join(CHANGES))
    evidence = proven(system, copied)["schema"].evidence
    assert [part for part in CHANGES.values() if part not in evidence] == [], evidence


def test_a_role_that_may_create_no_database_has_the_schema_compared_on_a_server_of_its_own(
    system: System, server: str, copied: str
) -> None:
    execute(server, "DROP ROLE IF EXISTS reader; CREATE ROLE reader LOGIN PASSWORD 'p' IN ROLE pg_read_all_data")
    try:
        url = as_url(copied, user="reader", password="p")
        assert "PostgreSQL writes" in proven(system, url, owners=False)["schema"].evidence
        execute(copied, "ALTER TABLE booking ALTER state SET DEFAULT 'paid'")
        assert not proven(system, url, owners=False)["schema"].passed
    finally:
        execute(server, "DROP ROLE reader")


def test_where_nothing_can_be_built_the_list_of_objects_counts_and_the_words_do_not(
    system: System, copied: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sereno.restore.prove_schema.reference_schema", lambda *_, **__: "no second database here")
    findings = proven(system, copied)
    assert findings["schema"].passed
    assert "no second database here" in findings["schema"].evidence
    assert not findings["schema, word by word"].required
    execute(copied, "DROP INDEX open_ones")
    schema = proven(system, copied)["schema"]
    assert not schema.passed
    assert "-- Name: open_ones; Type: INDEX; Schema: public" in schema.evidence
