"""A reading session changes nothing, whatever the SQL of a folder says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from infra.demo.system import DemoSystem
from integration.session_case import Place, place_in, read_all, read_few
from sereno.database.sessions import reading
from sereno.errors import ConfigurationError, ContractError, RefusedError, SystemUnavailableError
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile

ROLES = ("reader", "owner", "superuser")
ATTACKS = (
    "COMMIT; BEGIN READ WRITE; INSERT INTO watched (label) VALUES ('new'); COMMIT",
    "SELECT 1; COMMIT; INSERT INTO watched (label) VALUES ('new')", "COMMIT", "ROLLBACK", "COMMIT AND CHAIN",
    "PREPARE TRANSACTION 'x'", "BEGIN READ WRITE", "SAVEPOINT x", "SET TRANSACTION READ WRITE",
    "SET transaction_read_only = off", "SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "RESET ALL",
    "DISCARD ALL", "SELECT set_config('transaction_read_only', 'off', false)",
    "LOCK TABLE watched IN ACCESS EXCLUSIVE MODE", "ANALYZE watched", "VACUUM watched", "NOTIFY channel, 'x'",
    "LISTEN channel", "COPY watched TO PROGRAM 'touch FOLDER/made'", "COPY watched TO 'FOLDER/made'",
    "COPY watched TO STDOUT", "COPY watched FROM STDIN",
    "DO $$ BEGIN INSERT INTO watched (label) VALUES ('new'); COMMIT; END $$", "CALL writes_and_commits()",
    "EXPLAIN ANALYZE DELETE FROM watched", "PREPARE x AS DELETE FROM watched",
    "DECLARE x CURSOR WITH HOLD FOR SELECT 1", "INSERT INTO watched (label) VALUES ('new')",
    "UPDATE watched SET label = ''", "DELETE FROM watched", "TRUNCATE watched", "DROP TABLE watched",
    "CREATE TABLE made (id int)", "CREATE TEMP TABLE made (id int)",
    "ALTER ROLE CURRENT_USER SET default_transaction_read_only = off", "GRANT ALL ON watched TO PUBLIC",
    "SELECT nextval('watched_id_seq')", "SELECT setval('watched_id_seq', 99)", "SELECT * INTO made FROM watched",
    "SELECT * FROM watched FOR UPDATE", "SELECT * FROM watched FOR KEY SHARE",
    "WITH gone AS (DELETE FROM watched RETURNING *) SELECT * FROM gone",
    "WITH new AS (INSERT INTO watched (label) VALUES ('new') RETURNING *) SELECT * FROM new", "SELECT writes()",
    "SELECT id FROM watched WHERE writes() = 1",
    "SELECT query_to_xml('DELETE FROM watched RETURNING 1', true, true, '')",
)  # fmt: skip
UNDONE_OR_REFUSED = (
    "SELECT lo_create(0)", "SELECT lo_from_bytea(0, 'x')", "SELECT lo_unlink(4711)",
    "SELECT pg_advisory_lock(1), pg_advisory_lock_shared(2), pg_advisory_xact_lock(3)",
    "SELECT set_config('default_transaction_read_only', 'off', false)", "SELECT pg_export_snapshot()",
    "SELECT pg_create_restore_point('x')",
)  # fmt: skip


AROUND = (
    "SELECT 1) AS answer; COMMIT; BEGIN READ WRITE; DELETE FROM watched; COMMIT; SELECT * FROM (SELECT 1",
    "SELECT 1) AS answer; DELETE FROM watched --", "SELECT 1) AS answer FOR UPDATE; --",
    "SELECT 1) AS answer; COMMIT /*",
    "SELECT id FROM watched) AS answer INTO made FROM (SELECT 1",
)  # fmt: skip
"""What closes the parenthesis that is put around a query of which few rows are wanted."""


@pytest.fixture
def place(demo: DemoSystem, scratch_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    return place_in(scratch_database, demo=demo, folder=tmp_path, monkeypatch=monkeypatch)


Way = Callable[..., object]
WAYS = pytest.mark.parametrize("way", [read_all, read_few])


def outcome(way: Way, system: System, sql: SqlFile) -> str:
    """`passed`, or what a ContractError that names the file said."""
    try:
        way(system, sql)
    except ContractError as error:
        return "refused" if sql.where in str(error) else f"the file is not named: {error}"
    return "passed"


@WAYS
@pytest.mark.parametrize("role", ROLES)
def test_no_way_through_changes_anything_and_the_message_names_the_file(place: Place, role: str, way: Way) -> None:
    before = place.state()
    for attack in (*ATTACKS, *AROUND):
        assert (outcome(way, place.system(role), place.sql(attack)), attack) == ("refused", attack)
        assert (place.state(), attack) == (before, attack)


def test_the_same_text_goes_through_a_session_that_only_trusts_read_only_transactions(place: Place) -> None:
    before = place.state()
    options = "-c default_transaction_read_only=on"
    with psycopg.connect(make_conninfo(place.urls["owner"], options=options)) as connection:
        connection.read_only = True
        connection.execute(ATTACKS[0])
    assert place.state() != before


@WAYS
@pytest.mark.parametrize("role", ROLES)
def test_functions_that_pass_have_changed_nothing_once_the_session_is_over(place: Place, role: str, way: Way) -> None:
    before = place.state()
    for query in UNDONE_OR_REFUSED:
        assert outcome(way, place.system(role), place.sql(query)) in {"passed", "refused"}
        assert (place.state(), query) == (before, query)


@WAYS
@pytest.mark.parametrize("role", ["reader", "owner"])
def test_a_file_on_the_server_is_written_by_nobody_but_a_superuser(place: Place, role: str, way: Way) -> None:
    assert outcome(way, place.system(role), place.sql("SELECT lo_export(4711, 'FOLDER/made')")) == "refused"
    assert not (place.folder / "made").exists()


def test_a_notification_of_a_function_is_never_sent(place: Place) -> None:
    with psycopg.connect(place.urls["owner"], autocommit=True) as listener:
        listener.execute("LISTEN channel")
        read_all(place.system(), place.sql("SELECT pg_notify('channel', 'x')"))
        assert list(listener.notifies(timeout=0.2)) == []


def test_statistics_stay_because_the_function_is_granted_to_few(place: Place) -> None:
    with pytest.raises(ContractError, match=r"attack\.sql: permission denied for function pg_stat_reset"):
        read_all(place.system(), place.sql("SELECT pg_stat_reset()"))


def test_the_reading_role_cannot_end_the_sessions_of_others(place: Place) -> None:
    with psycopg.connect(place.urls["owner"], autocommit=True) as other:
        query = place.sql("SELECT pg_terminate_backend(:pid)")
        with pytest.raises(ContractError, match=r"attack\.sql: "):
            read_all(place.system("reader"), query, pid=other.info.backend_pid)
        assert other.execute("SELECT 1").fetchone() == (1,)


def test_a_plain_select_can_still_end_sessions_of_its_own_role(place: Place) -> None:
    with psycopg.connect(place.urls["reader"], autocommit=True) as other:
        read_all(place.system("reader"), place.sql("SELECT pg_terminate_backend(:p, 5000)"), p=other.info.backend_pid)
        with pytest.raises(psycopg.OperationalError):
            other.execute("SELECT 1")


def test_rows_come_as_dicts_with_parameters_and_percent_signs(place: Place) -> None:
    query = place.sql("SELECT id, label, '50%' AS share -- :x\nFROM watched WHERE label LIKE :like AND id % 2 = 0;")
    assert read_all(place.system(), query, like="t%") == [{"id": 2, "label": "two", "share": "50%"}]


def test_few_rows_come_as_all_would_and_more_are_refused(place: Place) -> None:
    query = place.sql("SELECT id, label, '50%' AS share -- :x\nFROM watched WHERE label LIKE :like ORDER BY id DESC;")
    assert read_few(place.system(), query, like="%") == read_all(place.system(), query, like="%")
    with reading(place.system(), purpose="test") as session:
        with pytest.raises(ContractError, match=r"attack\.sql gives more than 1 rows; count in SQL"):
            session.few(query, {"like": "%"}, at_most=1)
        assert len(session.few(query, {"like": "%"}, at_most=2)) == 2


def test_few_rows_may_be_worked_out_by_other_processes_of_the_server(place: Place) -> None:
    statements = (
        "CREATE TABLE large AS SELECT generate_series(1, 400000) AS i",
        "GRANT SELECT ON large TO PUBLIC",
        "CREATE FUNCTION process() RETURNS int LANGUAGE plpgsql PARALLEL SAFE AS 'BEGIN RETURN pg_backend_pid(); END'",
        "ANALYZE large",
    )
    with psycopg.connect(place.urls["superuser"], autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement.encode())
    query = "SELECT count(*) AS here FROM large WHERE process() = :pid"
    with reading(place.system(), purpose="test") as session:
        (own,) = session.rows("SELECT pg_backend_pid() AS pid")
        assert list(session.rows(query, own)) == [{"here": 400_000}]
        (shared,) = session.few(query, own, at_most=1)
        assert shared["here"] < 400_000


def test_rows_are_streamed(place: Place) -> None:
    with reading(place.system(), purpose="test") as session:
        rows = session.rows("SELECT i, 1 / (5000 - i) FROM generate_series(1, 100000) i")
        assert [next(rows)["i"] for _ in range(3)] == [1, 2, 3]
        with pytest.raises(ContractError, match="division by zero"):
            list(rows)


def test_an_error_in_one_file_leaves_the_session_usable_and_protected(place: Place) -> None:
    before = place.state()
    with reading(place.system("owner"), purpose="test") as session:
        for _ in range(2):
            with pytest.raises(ContractError):
                list(session.rows(place.sql("SELECT broken")))
            with pytest.raises(ContractError):
                list(session.rows(place.sql("SET TRANSACTION READ WRITE")))
            with pytest.raises(ContractError):
                list(session.rows(place.sql("SELECT set_config('transaction_read_only', 'off', false)")))
        assert [row["id"] for row in session.rows("SELECT id FROM watched ORDER BY id")] == [1, 2]
    assert place.state() == before


def test_a_line_of_the_file_is_named_where_the_server_points_at_one(place: Place) -> None:
    with pytest.raises(ContractError, match=r'attack\.sql:3: column "broken" does not exist'):
        read_all(place.system(), place.sql("SELECT id -- %\nFROM watched\nWHERE broken"))


def test_rows_hidden_by_a_policy_are_an_error(place: Place) -> None:
    place.as_superuser("ALTER TABLE watched ENABLE ROW LEVEL SECURITY")
    with pytest.raises(RefusedError, match=r"attack\.sql: .*row-level security.*BYPASSRLS"):
        read_all(place.system(), place.sql("SELECT * FROM watched"))


def test_sessions_have_the_systems_zone_and_timeouts_and_say_what_they_are_for(place: Place) -> None:
    system = place.system(statement_timeout_seconds=7, lock_timeout_seconds=5)
    expected = {
        "TimeZone": "Asia/Kathmandu", "statement_timeout": "7s", "lock_timeout": "5s",
        "idle_in_transaction_session_timeout": "15min", "row_security": "off", "synchronize_seqscans": "off",
        "DateStyle": "ISO, YMD", "extra_float_digits": "3", "application_name": "sereno test",
        "transaction_read_only": "on",
    }  # fmt: skip
    query = "SELECT " + ", ".join(f"current_setting('{name}') AS \"{name}\"" for name in expected)
    assert read_all(system, query) == [expected]


def test_a_query_that_takes_too_long_may_be_tried_again(place: Place) -> None:
    with (
        reading(place.system(), purpose="test", statement_timeout=timedelta(milliseconds=100)) as session,
        pytest.raises(SystemUnavailableError, match=r"attack\.sql: canceling statement due to statement timeout"),
    ):
        list(session.rows(place.sql("SELECT pg_sleep(30)")))


def test_a_lock_that_is_held_is_not_waited_for_without_end(place: Place) -> None:
    with psycopg.connect(place.urls["owner"]) as other:
        other.execute("LOCK TABLE watched")
        with pytest.raises(SystemUnavailableError, match="another session holds the lock"):
            read_all(place.system(lock_timeout_seconds=1), place.sql("SELECT * FROM watched"))


def test_a_lost_connection_may_be_tried_again_and_ends_cleanly(place: Place) -> None:
    with reading(place.system(), purpose="test") as session:
        (row,) = session.rows("SELECT pg_backend_pid() AS pid")
        place.as_superuser(f"SELECT pg_terminate_backend({row['pid']}, 5000)")
        with pytest.raises(SystemUnavailableError):
            list(session.rows("SELECT 1"))


def test_a_reader_may_stop_half_way(place: Place) -> None:
    with reading(place.system(), purpose="test") as session:
        for _ in session.rows("SELECT generate_series(1, 100000)"):
            break
        assert len(list(session.rows("SELECT id FROM watched"))) == 2


def test_a_missing_parameter_is_named(place: Place) -> None:
    with pytest.raises(ConfigurationError, match=r"attack\.sql: query parameter missing: cutoff"):
        read_all(place.system(), place.sql("SELECT :cutoff"))
