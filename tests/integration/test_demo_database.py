from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from infra.demo.seed import fill
from infra.demo.system import DemoSystem
from sereno.systems.loader import load_system
from sereno.systems.sections.stores import FolderStore

_TABLES = (
    "SELECT c.relname FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace ORDER BY 1"
)


def digest(url: str) -> str:
    """SHA-256 over the COPY text of every table."""
    found = hashlib.sha256()
    with psycopg.connect(url, options="-c timezone=Asia/Kolkata -c synchronize_seqscans=off") as connection:
        for (name,) in connection.execute(_TABLES).fetchall():
            with connection.cursor().copy(sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))) as copy:
                for data in copy:
                    found.update(data)
    return found.hexdigest()


def count(url: str, query: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row
    return int(row[0])


@pytest.fixture
def fresh(demo: DemoSystem, scratch_database: str) -> str:
    """A second demo database with the scale and reference of the first, from a session in another time zone."""
    filled = fill(f"{scratch_database}&options=-c%20timezone%3DAsia/Tokyo", scale=demo.scale, reference=demo.reference)
    assert filled
    return scratch_database


def test_the_same_scale_and_reference_give_the_same_bytes_whatever_the_sessions_time_zone(
    demo: DemoSystem, fresh: str, tmp_path: Path
) -> None:
    again = DemoSystem(tmp_path, scale=demo.scale, reference=demo.reference, settings={"fsync": "off"})
    try:
        again.start_database()
        assert digest(again.url) == digest(fresh)
    finally:
        again.remove()


def test_filling_a_filled_database_changes_nothing(demo: DemoSystem, fresh: str) -> None:
    before = digest(fresh)
    assert not fill(fresh, scale=5, reference=demo.reference)
    assert digest(fresh) == before


def test_the_schema_has_what_real_schemas_have(fresh: str) -> None:
    kinds = "SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = "
    assert count(fresh, f"{kinds} 'p'") == 1
    assert count(fresh, f"{kinds} 'v'") == 1
    assert count(fresh, f"{kinds} 'm'") == 1
    assert count(fresh, f"{kinds} 'r' AND NOT relispartition") == 17
    assert (
        count(fresh, "SELECT count(*) FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE c.relkind = 'r'")
        == 7
    )
    assert count(fresh, "SELECT count(*) FROM pg_enum") == 8
    assert count(fresh, "SELECT count(*) FROM pg_attribute WHERE attgenerated = 's'") == 1
    assert count(fresh, "SELECT count(*) FROM pg_attribute WHERE attidentity IN ('a', 'd')") >= 10
    without_key = """SELECT count(*) FROM pg_class c WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
                     AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary)"""
    assert count(fresh, without_key) == 1
    assert count(fresh, 'SELECT count(*) FROM "LegacyImport" WHERE "Raw Line" LIKE \'%;\\\\N;%\'') > 0
    keys = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conparentid = 0"
    assert count(fresh, keys) == 23
    assert count(fresh, f"{keys} AND convalidated") == 23
    assert count(fresh, f"{keys} AND condeferrable AND condeferred AND confdeltype = 'n'") == 1
    assert count(fresh, "SELECT count(*) FROM bookings_default") == 0
    assert count(fresh, "SELECT sum(bookings) FROM bookings_by_tenant") == count(fresh, "SELECT count(*) FROM bookings")


def test_the_rows_lie_around_the_reference(demo: DemoSystem, fresh: str) -> None:
    now = f"'{demo.reference.isoformat()}'::timestamptz"
    trials = "SELECT count(*) FROM subscriptions WHERE status = 'trialing' AND trial_ends_at"
    assert count(fresh, f"{trials} < {now}") > 0
    assert count(fresh, f"{trials} = {now}") > 0
    assert count(fresh, f"{trials} > {now}") > 0
    idle = f"""SELECT count(*) FROM api_clients c WHERE is_active AND NOT EXISTS
               (SELECT FROM api_access_logs l WHERE l.client_id = c.id AND created_at >= {now} - interval '30 days')"""
    assert 0 < count(fresh, idle) < count(fresh, "SELECT count(*) FROM api_clients WHERE is_active")
    assert count(fresh, f"SELECT count(*) FROM api_access_logs WHERE created_at < {now} - interval '90 days'") > 0
    assert count(fresh, f"SELECT count(*) FROM api_access_logs WHERE created_at > {now}") == 0
    assert count(fresh, "SELECT count(*) FROM notification_logs WHERE status = 'failed'") > 0
    assert count(fresh, r"SELECT count(*) FROM customers WHERE notes ~ '\t' AND notes ~ '\n' AND notes ~ '\\'") > 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM users",
        "UPDATE tenants SET name = ''",
        "INSERT INTO page_views VALUES (1, '', now(), 0)",
        "TRUNCATE page_views",
        "SELECT nextval('invoice_numbers')",
        "CREATE TABLE mine (id int)",
        "CREATE TEMP TABLE mine (id int)",
        "REFRESH MATERIALIZED VIEW bookings_by_tenant",
        "DROP VIEW active_trials",
        "COPY plans TO PROGRAM 'cat'",
    ],
)
def test_the_reader_changes_nothing(demo: DemoSystem, statement: str) -> None:
    with (
        psycopg.connect(demo.read_url, autocommit=True) as connection,
        pytest.raises((psycopg.errors.InsufficientPrivilege, psycopg.errors.WrongObjectType)),
    ):
        connection.execute(statement.encode())


def test_the_reader_reads_every_table_and_sequence_also_those_made_later(demo: DemoSystem) -> None:
    with psycopg.connect(demo.url, autocommit=True) as owner, psycopg.connect(demo.read_url, autocommit=True) as reader:
        owner.execute("CREATE TABLE made_later (id bigint GENERATED ALWAYS AS IDENTITY)")
        try:
            relations = reader.execute(
                "SELECT c.oid::regclass::text FROM pg_class c "
                "WHERE c.relkind IN ('r', 'p', 'v', 'm', 'S') AND c.relnamespace = 'public'::regnamespace"
            ).fetchall()
            for (name,) in relations:
                reader.execute(f"SELECT * FROM {name} LIMIT 1".encode())
            assert ("made_later",) in relations
        finally:
            owner.execute("DROP TABLE made_later")


def test_neither_role_is_more_than_it_should_be(demo: DemoSystem) -> None:
    query = """SELECT rolname, rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls OR rolreplication FROM pg_roles
               WHERE rolname IN ('salon_owner', 'salon_reader') ORDER BY 1"""
    with psycopg.connect(demo.superuser_url) as connection:
        assert connection.execute(query).fetchall() == [("salon_owner", False), ("salon_reader", False)]
    owned = "SELECT count(*) FROM pg_class WHERE relowner = 'salon_reader'::regrole"
    assert count(demo.read_url, owned) == 0


def test_the_secrets_are_what_the_systems_folder_refers_to(demo: DemoSystem, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(demo.folder.parent))
    system = load_system("demo")
    assert system.database.url.resolve() == demo.url
    assert system.database.reading_url.resolve() == demo.read_url
    assert system.backup
    assert len(system.backup.passphrase.resolve()) >= 20
    (store,) = system.backup.stores
    assert isinstance(store, FolderStore)
    assert (demo.folder.parent / store.folder).is_dir()
    for file in (demo.folder / "secrets").iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_second_object_finds_the_running_system_and_does_not_stop_it(demo: DemoSystem) -> None:
    url = demo.url
    second = DemoSystem(demo.folder.parent)
    second.start_database()
    assert second.url == url
    assert second.reference == demo.reference
    second.stop()
    assert count(url, "SELECT 1") == 1


def test_live_audit_events_can_be_mirrored(demo: DemoSystem) -> None:
    statement = Path("deployments/demo/sql/audit.mirror.sql").read_text()
    for name in ("at", "action", "actor", "effect", "payload"):
        statement = statement.replace(f"(:{name},", f"(%({name})s,").replace(f" :{name},", f" %({name})s,")
    statement = statement.replace("CAST(:payload", "CAST(%(payload)s")
    values = {"at": demo.reference, "action": "RUN", "actor": "schedule", "effect": "live", "payload": '{"deleted": 3}'}
    with psycopg.connect(demo.url) as connection:
        connection.execute(statement.encode(), values)
        mirrored = connection.execute("SELECT payload FROM audit_events WHERE model = 'sereno'").fetchone()
        connection.rollback()
    assert mirrored == ({"deleted": 3},)
