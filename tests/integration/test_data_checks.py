"""The job `data_checks` on a real database where something is wrong with everything: what it finds, says and hides."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from integration.databases import as_url, database, reference, system_of
from integration.system_folders import written
from sereno.check import check_system
from sereno.data_checks import steps
from sereno.data_checks.verdict import Verdict
from sereno.errors import ConfigurationError, SystemUnavailableError
from sereno.systems.model import System

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SCRIPT = """
CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy');
CREATE TABLE salon (id int PRIMARY KEY, slug text, mood mood, open boolean, fee numeric(8, 2), seen timestamptz);
INSERT INTO salon SELECT n, 's' || n, 'ok', n <> 3, n * 1.5, '2026-11-20 09:00+00' FROM generate_series(1, 5) n;
CREATE TABLE "User" ("Id" uuid PRIMARY KEY, "eMail" text, "salonId" int, "at" timestamp(3));
INSERT INTO "User" SELECT md5(n::text)::uuid, 'ana' || n / 2 || '@example.com', 1 + n % 5, '2026-11-20 11:00'
FROM generate_series(1, 6) n;
UPDATE "User" SET "eMail" = upper("eMail") WHERE "Id" = md5('2')::uuid;
CREATE TABLE booking (id int PRIMARY KEY, salon_id int, user_id uuid);
INSERT INTO booking VALUES (1, 1, md5('1')::uuid), (2, 99, NULL), (3, NULL, md5('x')::uuid), (4, 98, md5('2')::uuid);
ALTER TABLE booking ADD CONSTRAINT booking_salon FOREIGN KEY (salon_id) REFERENCES salon NOT VALID;
ALTER TABLE "User" ADD CONSTRAINT user_salon FOREIGN KEY ("salonId") REFERENCES salon;
CREATE TABLE part (a int, b int, PRIMARY KEY (a, b)) PARTITION BY LIST (a);
CREATE TABLE part_1 PARTITION OF part FOR VALUES IN (1);
INSERT INTO part VALUES (1, 1);
CREATE TABLE piece (id int PRIMARY KEY, a int, b int, CONSTRAINT piece_part FOREIGN KEY (a, b) REFERENCES part);
INSERT INTO piece VALUES (1, 1, 1), (2, 1, NULL);
CREATE TABLE hidden (id int PRIMARY KEY);
CREATE TABLE secret (id int PRIMARY KEY);
ALTER TABLE secret ENABLE ROW LEVEL SECURITY;
CREATE TABLE empty (id int, day date, moment timestamptz);
CREATE TABLE endless (moment timestamptz);
INSERT INTO endless VALUES ('infinity'), ('2026-11-20 11:30+00');
CREATE TABLE "Odd:""%name" ("a:b%" int PRIMARY KEY, "of day" time);
INSERT INTO "Odd:""%name" VALUES (1, '10:00'), (2, '10:00');
CREATE SCHEMA other; CREATE TABLE other.salon (id int);
CREATE VIEW open_salon AS SELECT * FROM public.salon WHERE open;
"""


@pytest.fixture(scope="module")
def urls(demo: Any) -> Iterator[tuple[str, str]]:
    """The database as its owner, and as a role that may read most of it."""
    server = str(demo.superuser_url)
    with database(server, script=SCRIPT) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE checks_reader LOGIN PASSWORD 'p'")
            connection.execute("GRANT USAGE ON SCHEMA other TO checks_reader")
            for schema in ("public", "other"):
                connection.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO checks_reader")
            connection.execute("REVOKE ALL ON hidden FROM checks_reader")
        yield url, as_url(url, user="checks_reader", password="p")
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("DROP ROLE checks_reader")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    return tmp_path / "deployments"


@pytest.fixture
def checking(urls: tuple[str, str], folder: Path) -> Any:
    owner, reader = urls

    def system(sql: dict[str, str] | None = None, **checks: Any) -> System:
        given = {"url": reference(owner), "read_url": reference(reader), "statement_timeout_seconds": 20}
        return written(system_of(owner), folder, sql=sql, database=given, checks=checks)

    return system


def told(verdicts: tuple[Verdict, ...]) -> dict[str, str]:
    """`+` or `-` and the evidence, by the finding's name."""
    return {each.finding.name: f"{'+' if each.finding.passed else '-'} {each.finding.evidence}" for each in verdicts}


def test_rows_are_counted_against_their_bounds(checking: Any) -> None:
    rows: list[dict[str, Any]] = [
        {"table": "public.salon", "exactly": 5},
        {"table": "public.salon", "at_least": 6},
        {"table": "User", "at_least": 2, "at_most": 6},
        {"table": "public.salon", "where": {"mood": "ok", "open": True, "fee": 1.5}, "exactly": 1},
        {"table": "booking", "where": {"user_id": None}, "exactly": 1},
        {"table": "open_salon", "exactly": 4},
        {"table": 'Odd:"%name', "where": {"a:b%": 1}, "exactly": 1},
    ]
    assert told(steps.count_rows(checking(rows=rows))) == {
        "rows of public.salon: exactly 5": "+ there are 5",
        "rows of public.salon: at least 6": "- there are 5",
        "rows of User: 2 to 6": "+ there are 6",
        "rows of public.salon with the given fee, mood, open: exactly 1": "+ there are 1",
        "rows of booking with the given user_id: exactly 1": "+ there are 1",
        "rows of open_salon: exactly 4": "+ there are 4",
        'rows of Odd:"%name with the given a:b%: exactly 1': "+ there are 1",
    }


def test_a_check_that_cannot_be_run_stops_none_of_the_others(checking: Any) -> None:
    tables = ["nowhere", "hidden", "secret", "salon", "booking"]
    rows = [{"table": table, "at_least": 0} for table in tables]
    rows.append({"table": "booking", "at_least": 0, "where": {"nothing": 1}})
    found = list(told(steps.count_rows(checking(rows=rows))).values())
    assert "there is no table or view 'nowhere'" in found[0]
    assert "permission denied for table hidden" in found[1]
    assert "give it BYPASSRLS" in found[2]
    assert "'salon' could be other.salon or public.salon; write which" in found[3]
    assert found[4] == "+ there are 4"
    assert "public.booking has no column 'nothing'" in found[5]


def test_labels_have_to_be_all_there_and_no_others(checking: Any) -> None:
    enums = [
        {"type": "mood", "labels": ["happy", "ok", "sad"]},
        {"type": "public.mood", "labels": ["ok", "sad", "angry"]},
        {"type": "moods", "labels": ["ok"]},
    ]
    assert list(told(steps.compare_labels(checking(enums=enums))).values()) == [
        "+ sad, ok, happy",
        "- missing: angry; not expected: happy",
        "- could not be checked: there is no enum type 'moods' in the database",
    ]


def test_a_known_row_is_there_once_with_its_values_and_no_value_is_told(checking: Any) -> None:
    def row(name: str, where: dict[str, Any], values: dict[str, Any]) -> dict[str, Any]:
        return {"name": name, "table": "public.salon", "where": where, "values": values}

    known = [
        row("the first", {"slug": "s1"}, {"open": True, "mood": "ok", "fee": 1.5, "id": 1}),
        row("the third", {"slug": "s3"}, {"open": True, "mood": "ok", "seen": None}),
        row("the tenth", {"slug": "s10"}, {}),
        row("any", {"mood": "ok"}, {}),
        row("mad", {"mood": "mad"}, {}),
    ]
    found = told(steps.look_for_rows(checking(known_rows=known)))
    assert found["the first is in public.salon as it should be"] == "+ found by slug; right: fee, id, mood, open"
    assert found["the third is in public.salon as it should be"] == "- found by slug; not as it should be: open, seen"
    assert found["the tenth is in public.salon"] == "- no row found by slug"
    assert found["any is in public.salon"] == "- several rows found by mood"
    mad = found["mad is in public.salon"]
    assert mad.startswith("- could not be checked: ")
    assert mad.endswith('invalid input value for enum public.mood: "..."') or 'enum mood: "..."' in mad


def test_rows_without_a_parent_are_found_over_every_foreign_key(checking: Any) -> None:
    assert told(steps.look_for_parents(checking(foreign_keys={}))) == {
        "every row of public.booking (salon_id) has its parent in public.salon": "- 2 rows, such as 2, 4",
        "the other 2 foreign keys hold": "+ ",
    }


def test_foreign_keys_can_be_named_left_out_and_declared(checking: Any) -> None:
    undeclared = {"table": "booking", "columns": ["user_id"], "parent": "User", "parent_columns": ["Id"]}
    found = told(steps.look_for_parents(checking(foreign_keys={"declared": False, "undeclared": [undeclared]})))
    assert found == {"every row of booking (user_id) has its parent in User": "- 1 row, such as 3"}
    found = told(steps.look_for_parents(checking(foreign_keys={"leave_out": ["booking_salon"]})))
    assert found == {"every row has the parent that it names": "+ 2 foreign keys looked at"}
    found = told(steps.look_for_parents(checking(foreign_keys={"only": ["piece_part", "gone"]})))
    assert found["the foreign key gone is there"] == "- it is not"
    assert found["every row has the parent that it names"] == "+ 1 foreign key looked at"


def test_the_newest_row_is_fresh_in_the_zone_in_which_it_was_written(checking: Any) -> None:
    fresh: list[dict[str, Any]] = [
        {"table": "public.salon", "column": "seen", "within_hours": 3},
        {"table": "public.salon", "column": "seen", "within_hours": 2.5, "where": {"open": True}},
        {"table": "User", "column": "at", "within_hours": 1, "timezone": "UTC"},
        {"table": "User", "column": "at", "within_hours": 1, "timezone": "America/Sao_Paulo"},
        {"table": "endless", "column": "moment", "within_hours": 1},
        {"table": "empty", "column": "day", "within_hours": 1},
        {"table": "public.salon", "column": "slug", "within_hours": 1},
        {"table": 'Odd:"%name', "column": "of day", "within_hours": 1},
    ]
    found = [f"{each.finding.passed} {each.seen}" for each in steps.measure_age(checking(fresh=fresh), now=NOW)]
    assert found == ["True 3 h", "False 3 h", "True 1 h", "False in the future", "True 30 min", "False no row",
                     "False could not be checked", "False could not be checked"]  # fmt: skip


def test_duplicates_are_told_by_the_keys_of_their_rows(checking: Any) -> None:
    unique: list[dict[str, Any]] = [
        {"table": "User", "columns": ["eMail"]},
        {"table": "User", "columns": ["eMail"], "ignoring_case": True},
        {"table": "booking", "columns": ["salon_id", "user_id"]},
        {"table": "empty", "columns": ["id"]},
        {"table": 'Odd:"%name', "columns": ["of day"]},
    ]
    found = told(steps.look_for_duplicates(checking(unique=unique)))
    assert found["eMail of User is unique"].startswith("- 1 value, such as that of the rows ")
    assert found["eMail of User is unique, in any case"].startswith("- 2 values, such as that of the rows ")
    assert "example.com" not in str(found).lower()
    assert " and " in found["eMail of User is unique"]
    assert found["salon_id, user_id of booking is unique"] == "+ "
    assert found["id of empty is unique"] == "+ "
    assert found['of day of Odd:"%name is unique'] == "- 1 value, such as that of the rows 1 and 2"


def test_a_systems_own_queries_return_no_row(checking: Any) -> None:
    sql = {
        "check.open": "SELECT id, slug FROM public.salon WHERE NOT open",
        "check.mail": 'SELECT "eMail" FROM "User"',
        "check.many": "SELECT generate_series(1, 5000)",
        "check.fine": "SELECT id FROM public.salon WHERE id > 5",
        "check.broken": "SELECT id FROM nowhere",
        "check.writes": "DELETE FROM booking",
        "drill.other": "SELECT 1",
    }
    found = told(steps.run_queries(checking(sql)))
    assert found["sql/check.open.sql returns no row"] == "- 1 row, such as 3"
    assert found["sql/check.mail.sql returns no row"] == "- 6 rows; without a key that may be shown here"
    assert found["sql/check.many.sql returns no row"] == "- more than 1,000 rows, such as 1, 2, 3, 4, 5"
    assert found["sql/check.fine.sql returns no row"] == "+ "
    assert "check.broken.sql:1: relation" in found["sql/check.broken.sql returns no row"]
    assert "check.writes.sql" in found["sql/check.writes.sql returns no row"]
    assert len(found) == 6
    assert told(steps.count_rows(checking(rows=[{"table": "booking", "exactly": 4}]))) == {
        "rows of booking: exactly 4": "+ there are 4"
    }


def test_a_query_has_a_budget_for_its_best_try(checking: Any) -> None:
    sql = {"latency.quick": "SELECT count(*) FROM public.salon", "latency.slow": "SELECT pg_sleep(0.02)"}
    latency = [
        {"query": "quick", "milliseconds": 600_000},
        {"query": "slow", "milliseconds": 10, "best_of": 2},
        {"query": "gone", "milliseconds": 10},
    ]
    quick, slow, gone = steps.measure_latency(checking(sql, latency=latency))
    assert quick.finding.passed
    assert quick.finding.evidence.startswith("best of 5: ")
    assert not slow.finding.passed
    assert (slow.budget_percent or 0) >= 200
    assert "sql/latency.gone.sql is not there" in gone.finding.evidence


def test_a_check_may_be_optional(checking: Any) -> None:
    (verdict,) = steps.count_rows(checking(rows=[{"table": "booking", "exactly": 1, "required": False}]))
    assert (verdict.finding.passed, verdict.finding.required) == (False, False)


def test_a_system_without_the_section_is_told_so(urls: tuple[str, str]) -> None:
    with pytest.raises(ConfigurationError, match="no section `checks`"):
        steps.count_rows(system_of(urls[0]))


def test_a_database_that_cannot_be_reached_is_no_finding(checking: Any, urls: tuple[str, str]) -> None:
    system = checking(rows=[{"table": "booking", "exactly": 1}])
    gone = as_url(urls[0], host="127.0.0.1", port="1")
    away = system.model_copy(
        update={"database": system.database.model_copy(update={"read_url": system_of(gone).database.url})}
    )
    assert conninfo_to_dict(gone)["port"] == "1"
    with pytest.raises(SystemUnavailableError):
        steps.count_rows(away)


def test_check_says_before_the_first_run_what_is_not_in_the_database(checking: Any) -> None:
    checking(
        {"check.broken": "SELECT id FROM nowhere"},
        rows=[{"table": "nowhere", "exactly": 1}],
        known_rows=[{"name": "x", "table": "booking", "where": {"nothing": 1}}],
        foreign_keys={"leave_out": ["gone"]},
        enums=[{"type": "mood", "labels": ["ok"]}],
        latency=[{"query": "gone", "milliseconds": 1}],
    )
    found = {finding.name: finding for finding in check_system("awkward", online=True)}
    named = found["what the section checks names is in the database"]
    assert not named.passed
    assert named.evidence.splitlines() == [
        "checks.rows[0]: there is no table or view 'nowhere' in the database",
        "checks.known_rows[0]: public.booking has no column 'nothing'; there are id, salon_id, user_id",
        "checks.foreign_keys: there is no foreign key 'gone'",
    ]
    assert found["sql/latency.gone.sql is there"].evidence == "needed by data_checks"
    assert not found["sql/check.broken.sql fits the database"].passed
    assert "data_checks" in found["jobs offered"].evidence
