"""What `database_care` sees on real servers of two versions: who blocks whom, broken indexes, growth, statements."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest

from integration.care_case import CareCase, care_case, finding, look, page, rows, versions
from sereno.care.looking import Unseen
from sereno.systems.secrets import Secret

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
VERSIONS = versions()


@pytest.fixture(scope="module")
def cases(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], CareCase]]:
    """Gives the server of a version, started when it is first asked for."""
    with ExitStack() as stack:

        @cache
        def started(version: str) -> CareCase:
            return stack.enter_context(care_case(tmp_path_factory.mktemp("care") / "server", VERSIONS[version]))

        yield started


@pytest.fixture(params=list(VERSIONS))
def each_case(request: pytest.FixtureRequest, cases: Callable[[str], CareCase]) -> CareCase:
    return cases(request.param)


@pytest.fixture
def case(cases: Callable[[str], CareCase]) -> CareCase:
    return cases(list(VERSIONS)[-1])


@pytest.fixture(scope="module", autouse=True)
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("SERENO_HOME", str(tmp_path_factory.mktemp("home")))
        yield


def test_who_blocks_whom_is_a_tree_whose_root_can_be_ended(each_case: CareCase) -> None:
    with (
        each_case.session("UPDATE salon SET name = 'of ana@example.com' WHERE id = 1") as root,
        each_case.waiting("UPDATE salon SET name = 'b' WHERE id = 1") as first,
        each_case.waiting("LOCK TABLE salon IN ACCESS EXCLUSIVE MODE") as second,
    ):
        draft = page(each_case.system(blocked_seconds=0, idle_in_transaction_minutes=0), now=NOW)
    tree = rows(draft, "Who waits for whom")
    assert tree[0][0] == str(root)
    assert {row[0].strip() for row in tree} == {str(root), f"└ {first}", f"└ {second}"}
    assert tree[0][1].startswith(f"{root}@2")
    assert any("a row that it changed" in row[2] for row in tree if str(first) in row[0])
    assert tree[0][3:] == ("UPDATE salon SET name = ? WHERE id = ?", "care_owner", "somebody")
    blocked = finding(draft, "no session waits for a lock")
    assert (blocked.passed, blocked.required) == (False, True)
    assert f"session {second} (care_owner) waits" in blocked.evidence
    (waits,) = [line for line in blocked.evidence.splitlines() if line.startswith(f"session {second} ")]
    assert "AccessExclusiveLock on public.salon, held up by " in waits
    assert str(root) in waits
    assert f"→ in the end all wait for session {root} (idle in transaction for" in blocked.evidence
    assert f": end_session={root}@2" in blocked.evidence
    idle = finding(draft, "no session is idle in a transaction")
    assert f"session {root} of care_owner: idle in transaction for" in idle.evidence
    assert draft.figures["idle_in_transaction"] == 1
    assert draft.figures["waiting_for_locks"] == 2
    assert " needs care now: 1 forgotten transaction, 2 blocked sessions" in draft.headline
    assert "ana@example.com" not in draft.model_dump_json()


def test_a_table_that_somebody_has_to_himself_holds_up_no_look_at_it(case: CareCase) -> None:
    with case.session("LOCK TABLE booking IN ACCESS EXCLUSIVE MODE"):
        draft = page(case.system(), now=NOW)
    (row,) = [row for row in rows(draft, "The largest tables") if row[0] == "public.booking"]
    assert row[2].startswith("about ")
    assert row[3] == "locked"
    assert "public.booking" in finding(draft, "the size of every table can be seen").evidence
    assert finding(draft, "every index is valid").passed


def test_an_index_that_failed_to_be_built_is_invalid_and_costs(each_case: CareCase) -> None:
    with pytest.raises(Exception, match="could not create unique index"):
        each_case.run("CREATE UNIQUE INDEX CONCURRENTLY booking_email_key ON booking (email)")
    try:
        draft = page(each_case.system(), now=NOW)
    finally:
        each_case.run("DROP INDEX booking_email_key")
    invalid = finding(draft, "every index is valid")
    assert (invalid.passed, invalid.required) == (False, True)
    assert "run this job with reindex=[public.booking_email_key]" in invalid.evidence
    assert draft.figures["invalid_indexes"] == 1


def test_double_and_unused_indexes_and_keys_without_one_are_for_a_quiet_hour(case: CareCase) -> None:
    draft = page(case.system(unused_index_mebibytes=0), now=NOW)
    double = finding(draft, "no index is double")
    assert "public.booking_email_note covers it" in double.evidence
    assert {row[0] for row in rows(draft, "Indexes to look at") if row[3].startswith("double")} == {
        "public.booking_email",
        "public.booking_email_again",
    }
    unused = finding(draft, "every larger index is used")
    assert "public.booking_email_lower" in unused.evidence
    assert "pkey" not in unused.evidence
    assert ("public.booking", "salon_id", "public.salon", "20,000") in rows(draft, "Foreign keys without an index")
    assert not any(each.required for each in draft.findings if not each.passed and "sequence" not in each.name)
    accepted = case.system(accepted_indexes=("public.booking_email", "public.booking_email_again"))
    assert finding(page(accepted, now=NOW), "no index is double").passed


def test_unused_indexes_are_not_judged_before_the_server_has_counted_long_enough(case: CareCase) -> None:
    unused = finding(page(case.system(unused_index_mebibytes=0, unused_index_days=1), now=NOW), "every larger index")
    assert unused.passed
    assert unused.evidence.startswith("not judged: the server has counted for ")


def test_a_sequence_ends_where_its_column_does(case: CareCase) -> None:
    draft = page(case.system(), now=NOW)
    near = finding(draft, "no sequence has given out")
    assert (near.passed, near.required) == (False, True)
    first = 'public.near_its_end has given out 91.6 %, 2,767 numbers are left for public."Counter".small'
    assert near.evidence.startswith(first)
    assert "round_and_round" not in near.evidence
    assert "How much of their numbers sequences have given out" in draft.charts


def test_dead_rows_and_empty_space_are_told_and_a_prepared_transaction_that_keeps_them(each_case: CareCase) -> None:
    each_case.run(
        "CREATE TABLE swollen (id int PRIMARY KEY, text text) WITH (autovacuum_enabled = off)",
        "INSERT INTO swollen SELECT n, repeat('x', 20) FROM generate_series(1, 80000) n",
        "DELETE FROM swollen WHERE id % 10 > 0",
        "GRANT SELECT ON swollen TO care_seer",
    )
    try:
        each_case.run("BEGIN; INSERT INTO salon VALUES (1000, 'x'); PREPARE TRANSACTION 'forgotten'")
        thresholds: dict[str, Any] = {"noteworthy_dead_rows": 1_000, "bloat_mebibytes": 1}
        draft = page(each_case.system(**thresholds), now=NOW)
        assert "public.swollen: 72,000 (90 %)" in finding(draft, "dead rows").evidence
        assert "public.swollen" in finding(draft, "autovacuum is on for every table").evidence
        assert "public.swollen" in finding(draft, "every table has been analyzed").evidence
        seen = look(each_case.system())
        assert [(each.what, each.kept_bytes) for each in seen.server.holders] == [
            ("prepared transaction forgotten", None)
        ]
        each_case.run("ROLLBACK PREPARED 'forgotten'", "ANALYZE swollen")
        draft = page(each_case.system(**thresholds), now=NOW)
        assert "public.swollen: about " in finding(draft, "no table is more than 50 % empty space").evidence
        assert "public.swollen_pkey: about " in finding(draft, "no index is more than 50 % empty space").evidence
    finally:
        each_case.run("DROP TABLE swollen")


def test_what_the_role_cannot_see_is_said_and_is_not_zero(each_case: CareCase) -> None:
    with each_case.session("SELECT 'ana@example.com'") as pid:
        draft = page(each_case.system(read_as="reader", idle_in_transaction_minutes=0), now=NOW)
    hidden = finding(draft, "the role care_reader sees everything")
    assert (hidden.passed, hidden.required) == (False, False)
    assert "what 1 session of other roles do" in hidden.evidence
    assert "how far 3 sequences have come" in hidden.evidence
    assert "GRANT pg_read_all_stats TO care_reader" in hidden.evidence
    assert finding(draft, "no session is idle").evidence == "of those that can be seen; 1 cannot"
    assert draft.figures["idle_in_transaction"] == "0 of those that can be seen; 1 cannot"
    assert finding(draft, "no sequence has given out").evidence == "of those that can be seen; 3 cannot"
    assert "of other roles are hidden" in finding(draft, "no statement takes more than").evidence
    assert str(pid) not in draft.model_dump_json()


def test_a_role_that_may_see_everything_has_nothing_hidden(case: CareCase) -> None:
    assert finding(page(case.system(), now=NOW), "the role care_seer sees everything").passed


def test_what_statements_took_is_told_since_the_run_before_and_without_values(each_case: CareCase) -> None:
    system = each_case.system(slow_statement_milliseconds=10)
    first = page(system, now=NOW)
    assert "since counting began" in next(iter(table.title for table in first.tables if "took most" in table.title))
    each_case.run(*["SELECT pg_sleep(0.02), 'ana@example.com' AS mail"] * 3)
    draft = page(system, now=NOW + timedelta(hours=1))
    title = "Statements that took most time, since the run of 2026-11-20 12:00"
    (row,) = [row for row in rows(draft, title) if "pg_sleep" in row[0]]
    assert row[:2] == ("SELECT pg_sleep(?), ? AS mail", "3")
    assert "SELECT pg_sleep(?), ? AS mail" in finding(draft, "no statement takes more than 10 ms").evidence
    assert not any('"sereno_' in row[0] for row in rows(draft, "Statements that took most time"))
    assert "ana@example.com" not in draft.model_dump_json()


def test_tables_that_grow_fast_are_told_with_how_much(case: CareCase) -> None:
    system = case.system(growth_mebibytes=1)
    first = page(system, now=NOW)
    assert finding(first, "no large table grows").evidence == "there is no earlier run to compare with"
    case.run("CREATE TABLE log AS SELECT n, repeat('x', 200) AS text FROM generate_series(1, 10000) n")
    page(system, now=NOW + timedelta(days=1))
    case.run("INSERT INTO log SELECT * FROM log")
    try:
        draft = page(system, now=NOW + timedelta(days=2))
    finally:
        case.run("DROP TABLE log")
    growing = finding(draft, "no large table grows")
    assert (growing.passed, growing.required) == (False, False)
    assert growing.evidence.startswith("public.log: 2.")
    assert int(str(draft.figures["growth_since_the_last_run_bytes"])) > 2_000_000
    assert "Size of the database at each run" in draft.charts


def test_without_the_extension_the_page_says_what_to_do_and_is_whole_otherwise(case: CareCase) -> None:
    case.run("DROP EXTENSION pg_stat_statements", role="superuser")
    try:
        draft = page(case.system(), now=NOW)
    finally:
        case.run("CREATE EXTENSION pg_stat_statements", role="superuser")
    counted = finding(draft, "the time that statements take is counted")
    assert (counted.passed, counted.required) == (False, False)
    assert "CREATE EXTENSION pg_stat_statements" in counted.evidence


def test_a_part_that_cannot_be_looked_at_hides_none_of_the_others(
    case: CareCase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sereno.care.tables._TABLES", "SELECT nothing")
    draft = page(case.system(), now=NOW)
    assert 'column "nothing" does not exist' in finding(draft, "tables can be looked at").evidence
    assert finding(draft, "every index is valid").passed
    assert isinstance(look(case.system()).tables, Unseen)


def test_a_full_server_and_dangerous_settings_cannot_wait(case: CareCase) -> None:
    draft = page(case.system(connections_percent=0, accepted_settings=()), now=NOW)
    assert not finding(draft, "of the server's connections are taken").passed
    dangerous = finding(draft, "no setting endangers the data")
    assert "fsync is off: a power failure" in dangerous.evidence
    assert "autovacuum is off" in dangerous.evidence
    assert rows(draft, "Settings worth a look")[0][0] in {"fsync", "autovacuum"}


def test_secrets_stay_where_they_are(case: CareCase) -> None:
    system = case.system()
    assert isinstance(system.database.reading_url, Secret)
    text = page(system, now=NOW).model_dump_json()
    assert system.database.reading_url.resolve() not in text
