"""The rules of `database_care`: who waits for whom, which indexes are double, what grew, what took time."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sereno.care.growth import counts_on, earlier, growth, spent
from sereno.care.indexes import Index, doubles, unused
from sereno.care.sequences import Sequence
from sereno.care.sessions import Session, Wait, blocker_tree
from sereno.care.settings import Setting, advice
from sereno.care.statement_text import normalised
from sereno.care.statements import Statement
from sereno.ledger.care_readings import CareReading
from unit.seen_case import NOW, index, table


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("SELECT * FROM users WHERE email = 'ana@example.com'", "SELECT * FROM users WHERE email = ?"),
        ("select 1, 2.5, 1e9 from t9", "select ?, … from t9"),
        ("INSERT INTO t VALUES ($1, $2, $3)", "INSERT INTO t VALUES (?, …)"),
        ("ALTER ROLE x PASSWORD 'hunter2'", "ALTER ROLE x PASSWORD ?"),
        ('SELECT "userName" FROM "User" -- of Ana', 'SELECT "userName" FROM "User"'),
        ("/* Ana */ SELECT E'it''s \\' Ana', $$Ana$$, $q$Ana$q$", "SELECT ?, …"),
        ("SELECT 'Ana was cut he", "SELECT …"),
        ("SELECT 1 /* Ana was cut", "SELECT ? …"),
        ("SELECT a[1:2], b::text", "SELECT a[?:?], b::text"),
        ("UPDATE t SET a=1\n  WHERE b IN ('x','y')", "UPDATE t SET a=? WHERE b IN (?, …)"),
        ("", ""),
    ],
)
def test_a_statement_is_shown_without_its_values(text: str, shown: str) -> None:
    assert normalised(text) == shown
    assert "Ana" not in normalised(text)


def test_a_long_statement_is_cut() -> None:
    assert len(normalised("SELECT " + "a, " * 1_000)) == 300


def wait(pid: int, *blockers: int) -> Wait:
    return Wait(pid=pid, blockers=blockers, seconds=9, lock="x")


def lines(*waits: Wait) -> list[tuple[int, int]]:
    return [(branch.pid, branch.depth) for branch in blocker_tree(waits)]


def test_each_waiting_session_stands_below_the_one_that_it_waits_for() -> None:
    assert lines(wait(2, 1), wait(3, 2), wait(4, 1), wait(6, 5)) == [(1, 0), (2, 1), (3, 2), (4, 1), (5, 0), (6, 1)]


def test_a_session_that_waits_for_several_is_shown_once() -> None:
    assert sorted(lines(wait(3, 1, 2))) == [(1, 0), (2, 0), (3, 1)]


def test_sessions_that_wait_in_a_circle_are_shown_too() -> None:
    assert lines(wait(1, 2), wait(2, 1)) == [(1, 0), (2, 1)]


def test_a_prepared_transaction_can_hold_everybody_up() -> None:
    assert lines(wait(7, 0)) == [(0, 0), (7, 1)]


def test_nobody_waits() -> None:
    assert lines() == []


def test_a_long_chain_is_no_matter_of_recursion() -> None:
    assert len(lines(*(wait(pid + 1, pid) for pid in range(1, 5_000)))) == 5_000


def test_a_session_is_named_by_process_and_beginning_and_hidden_when_that_is() -> None:
    about: dict[str, Any] = dict.fromkeys(("role", "state", "transaction_seconds", "query_seconds", "state_seconds"))
    session = Session(pid=4711, application="", here=True, started_at=NOW, query="", **about)
    assert session.handle == "4711@2026-11-20T12:00:00Z"
    hidden = replace(session, started_at=None)
    assert (hidden.hidden, hidden.handle) == (True, "")


def pairs(*indexes: Index) -> list[tuple[str, str]]:
    return [(one.name, other.name) for one, other in doubles(indexes)]


def test_of_two_equal_indexes_one_is_double() -> None:
    assert pairs(index("a", "1"), index("b", "1")) in ([("a", "b")], [("b", "a")])


def test_an_index_that_keeps_a_rule_is_never_the_one_to_go() -> None:
    assert pairs(index("a", "1"), index("key", "1", is_unique=True)) == [("a", "key")]
    assert pairs(index("one", "1", is_unique=True), index("other", "1", is_unique=True)) == []


def test_an_index_is_covered_by_one_that_begins_with_its_columns() -> None:
    assert pairs(index("a", "1"), index("ab", "1", "2")) == [("a", "ab")]
    assert pairs(index("b", "2"), index("ab", "1", "2")) == []


@pytest.mark.parametrize("other", [{"method": "hash"}, {"rest": "/x > 1/1"}, {"is_valid": False}])
def test_indexes_that_do_different_things_are_not_double(other: dict[str, Any]) -> None:
    assert pairs(index("a", "1"), index("b", "1", **other)) == []


def test_an_index_with_included_columns_is_kept() -> None:
    assert pairs(index("wide", "1", carries_columns=True), index("a", "1")) == [("a", "wide")]


def test_unused_indexes_are_large_have_no_scan_and_keep_nothing() -> None:
    given = [
        index("idle", "1"), index("small", "1", bytes=5), index("used", "1", scans=1),
        index("key", "1", is_unique=True), index("referenced", "1", is_referenced=True),
        index("partition", "1", is_of_partitions=True), index("broken", "1", is_valid=False),
        index("locked", "1", bytes=None),
    ]  # fmt: skip
    assert [each.name for each in unused(given, at_least_bytes=10)] == ["idle"]


@pytest.mark.parametrize("name", ["public.a_ccnew", "public.a_ccnew1", 'public."A_ccold"'])
def test_what_an_interrupted_rebuild_left_is_known_by_its_name(name: str) -> None:
    assert index(name, is_valid=False).is_leftover
    assert not index(name).is_leftover


def sequence(**given: Any) -> Sequence:
    defaults = {"name": "s", "increment": 1, "cycles": False, "lowest": 1, "highest": 101, "owner": None}
    return Sequence(**{**defaults, "hidden": False, "last_value": None, **given})


@pytest.mark.parametrize(
    ("given", "percent", "left"),
    [
        ({}, 0, 100),
        ({"last_value": 101}, 100, 0),
        ({"last_value": 76}, 75, 25),
        ({"last_value": 76, "increment": 10}, 75, 2),
        ({"last_value": 76, "cycles": True}, 0, 25),
        ({"last_value": -76, "increment": -1, "lowest": -101, "highest": -1}, 75, 25),
        ({"lowest": 5, "highest": 5, "last_value": 5}, 100, 0),
    ],
)
def test_how_far_a_sequence_has_come(given: dict[str, Any], percent: float, left: int) -> None:
    assert (sequence(**given).used_percent, sequence(**given).left) == (percent, left)


def reading(days: float = 0, *, database: str = "1 1", **given: Any) -> CareReading:
    defaults: dict[str, Any] = {"database_bytes": 1, "tables": {}, "statements": {}, "counted_since": "x"}
    return CareReading(taken_at=NOW + timedelta(days=days), database=database, **{**defaults, **given})


def test_growth_is_compared_with_the_newest_look_at_the_same_database() -> None:
    other = reading(-1, database="1 2")
    assert earlier([reading(-2), other, reading()]) == reading(-2)
    assert earlier([other, reading()]) is None
    assert earlier([reading()]) is None


def test_a_table_grows_by_the_day_and_what_happens_within_one_counts_as_a_days() -> None:
    (grown, new, locked) = growth(
        [table("t", 150), table("new", 9), table("locked", 9, locked=True)], reading(tables={"t": 100, "locked": 1})
    )
    assert (grown.grown_bytes, new.grown_bytes, locked.grown_bytes) == (50, None, None)
    assert grown.percent_a_day(3_600) == 50
    assert grown.percent_a_day(2 * 86_400) == 25
    assert new.percent_a_day(1) == 0


def test_dead_rows_are_a_share_of_all_even_where_the_counts_lag_behind() -> None:
    assert table("t", 1, dead_rows=100, live_rows=0).dead_percent == 50
    assert table("t", 1, dead_rows=0, live_rows=0, rows=None).dead_percent == 0


def statement(identifier: str, calls: int, milliseconds: float) -> Statement:
    return Statement(id=identifier, text=identifier, calls=calls, milliseconds=milliseconds, rows=0)


def test_what_statements_took_is_counted_since_the_look_before() -> None:
    before = reading(statements={"a": (10, 100.0), "same": (5, 5.0), "reset": (100, 1e6)})
    now = [statement("a", 12, 400.0), statement("same", 5, 5.0), statement("reset", 2, 8.0), statement("new", 1, 9.0)]
    found = [(each.statement.id, each.calls, each.milliseconds, each.mean_milliseconds) for each in spent(now, before)]
    assert found == [("a", 2, 300.0, 150.0), ("new", 1, 9.0, 9.0), ("reset", 2, 8.0, 4.0)]
    assert [each.calls for each in spent(now[:1], None)] == [12]


def test_counters_that_were_set_to_zero_are_not_compared() -> None:
    assert counts_on(reading(), reading(-1))
    assert not counts_on(reading(counted_since="later"), reading(-1))
    assert not counts_on(reading(), reading(-1, statements=None))
    assert not counts_on(reading(), None)


def setting(name: str, value: str, **given: Any) -> Setting:
    return Setting(name=name, value=value, **{"unit": "", "source": "default", "pending_restart": False, **given})


def test_settings_that_endanger_the_data_come_first() -> None:
    found = advice(
        [setting("log_lock_waits", "off"), setting("fsync", "off"), setting("autovacuum", "on")],
        database_bytes=1, accepted=(),
    )  # fmt: skip
    assert [(each.setting, each.dangerous) for each in found] == [("fsync", True), ("log_lock_waits", False)]


def test_a_setting_that_was_accepted_or_that_the_session_set_itself_is_not_told() -> None:
    given = [setting("fsync", "off"), setting("log_lock_waits", "off", source="session")]
    assert advice(given, database_bytes=1, accepted=("fsync",)) == []


def test_small_buffers_matter_for_a_large_database_only() -> None:
    buffers = setting("shared_buffers", "16384", unit="8kB")
    assert advice([buffers], database_bytes=10**9, accepted=()) == []
    assert advice([buffers], database_bytes=None, accepted=()) == []
    (told,) = advice([buffers], database_bytes=10**10, accepted=())
    assert told.value == "131,072 kB"


def test_a_setting_that_waits_for_a_restart_is_told() -> None:
    (told,) = advice([setting("max_wal_size", "1", pending_restart=True)], database_bytes=1, accepted=())
    assert "waits for a restart" in told.why
