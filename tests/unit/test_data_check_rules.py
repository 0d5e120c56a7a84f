"""What a check makes of what it saw: bounds, ages in every zone, labels, tries, and which keys may be shown."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from sereno.data_checks.ages import age
from sereno.data_checks.counts import bounds, holds
from sereno.data_checks.labels import difference
from sereno.data_checks.offenders import key_text, told, value_text
from sereno.data_checks.queries import best
from sereno.data_checks.relations import as_text, quoted
from sereno.data_checks.report import data_checks_report
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.errors import ContractError, SystemUnavailableError
from sereno.reports.model import Finding
from sereno.systems.sections.checks import Checks, Reference, RowCount

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")


@pytest.mark.parametrize(
    ("check", "words", "right", "wrong"),
    [
        ({"exactly": 5}, "exactly 5", [5], [4, 6, 0]),
        ({"exactly": 0}, "exactly 0", [0], [1]),
        ({"at_least": 44}, "at least 44", [44, 10**9], [43, 0]),
        ({"at_most": 3}, "at most 3", [0, 3], [4]),
        ({"at_least": 10, "at_most": 20}, "10 to 20", [10, 20], [9, 21]),
    ],
)
def test_a_number_of_rows_is_right_within_its_bounds(
    check: dict[str, int], words: str, right: list[int], wrong: list[int]
) -> None:
    count = RowCount(table="t", **check)
    assert bounds(count) == words
    assert all(holds(count, rows) for rows in right)
    assert not any(holds(count, rows) for rows in wrong)


@pytest.mark.parametrize("bad", [{}, {"exactly": 1, "at_least": 1}, {"at_least": 2, "at_most": 1}, {"exactly": -1}])
def test_bounds_that_make_no_sense_are_refused(bad: dict[str, int]) -> None:
    with pytest.raises(ValidationError):
        RowCount(table="t", **bad)


def test_columns_of_a_reference_come_in_pairs() -> None:
    with pytest.raises(ValidationError, match="pairs"):
        Reference(table="a", columns=("x", "y"), parent="b", parent_columns=("x",))


@pytest.mark.parametrize(
    ("newest", "zone", "passed", "seen"),
    [
        (NOW - timedelta(hours=24), LISBON, True, "1 d"),
        (NOW - timedelta(hours=24, seconds=1), LISBON, False, "1 d"),
        (NOW + timedelta(minutes=4), LISBON, True, "0 ms"),
        (NOW + timedelta(minutes=6), LISBON, False, "in the future"),
        (datetime(2026, 11, 20, 11), ZoneInfo("UTC"), True, "1 h"),
        (datetime(2026, 11, 20, 11), ZoneInfo("America/Sao_Paulo"), False, "in the future"),
        (datetime(2026, 11, 20, 11), ZoneInfo("Asia/Kathmandu"), True, "6 h 45 min"),
        (date(2026, 11, 20), LISBON, True, "0 ms"),
        (date(2026, 11, 18), LISBON, False, "1 d 12 h"),
        (date(2026, 11, 22), LISBON, True, "0 ms"),
        (None, LISBON, False, "no row"),
    ],
)
def test_the_newest_row_is_as_old_as_its_zone_says(
    newest: datetime | date | None, zone: ZoneInfo, passed: bool, seen: str
) -> None:
    look = age(newest, within=timedelta(hours=24), zone=zone, now=NOW)
    assert (look.passed, look.seen) == (passed, seen), look.evidence


def test_a_zone_less_time_in_the_hour_that_comes_twice_is_taken_as_the_first() -> None:
    look = age(
        datetime(2026, 10, 25, 1, 30), within=timedelta(hours=1), zone=LISBON, now=datetime(2026, 10, 25, 1, tzinfo=UTC)
    )
    assert look.seen == "30 min"


def test_labels_are_compared_without_their_order() -> None:
    assert difference(["a", "b"], ["b", "a"]) == ""
    assert difference(["a", "b"], ["b", "c"]) == "missing: a; not expected: c"


def test_the_best_try_counts() -> None:
    assert best([0.9, 0.1, 3.0], budget_seconds=0.1).passed
    late = best([0.9, 0.2, 3.0], budget_seconds=0.1)
    assert (late.passed, late.evidence) == (False, "best of 3: 200 ms; slowest: 3.0 s")
    assert late.budget_percent == 200


@pytest.mark.parametrize(
    ("values", "kinds", "shown"),
    [
        (["17"], ["N"], "17"),
        (["7", "2026-01-01"], ["N", "D"], "7/2026-01-01"),
        (["5f0c7e0e-0000-4000-8000-000000000001"], ["uuid"], "5f0c7e0e-0000-4000-8000-000000000001"),
        (["cl9ebqhxk00003b600tymydho"], ["S"], "cl9ebqhxk00003b600tymydho"),
        (["ana@example.com"], ["S"], None),
        (["ana.maria"], ["S"], None),
        (["mariaantonietta1985"], ["S"], None),
        (["+351912345678"], ["S"], None),
        (["12345678901234567"], ["S"], None),
        (["17", "Ana"], ["N", "S"], None),
        ([], [], None),
        ([None], ["S"], None),
    ],
)
def test_a_key_is_shown_unless_a_person_may_have_chosen_it(
    values: list[str | None], kinds: list[str], shown: str | None
) -> None:
    assert key_text(values, kinds) == shown


def test_a_value_of_a_query_is_shown_by_the_same_rule() -> None:
    assert value_text(7) == "7"
    assert value_text(UUID(int=1)) == "00000000-0000-0000-0000-000000000001"
    assert value_text("Ana") is None
    assert value_text({"name": "Ana"}) is None
    assert value_text(None) is None


def test_offenders_are_counted_up_to_a_bound_and_some_are_named() -> None:
    assert told([str(number) for number in range(7)]) == "7 rows, such as 0, 1, 2, 3, 4"
    assert told(["1"]) == "1 row, such as 1"
    assert told([None, None]) == "2 rows; without a key that may be shown here"
    assert told(["x"] * 1001).startswith("more than 1,000 rows, such as ")


def test_a_check_that_breaks_is_one_that_failed_and_says_so() -> None:
    def breaks() -> Look:
        raise SystemUnavailableError("canceling statement due to statement timeout")

    verdict = judge(Kind.ROWS, "t has rows", breaks, required=True, expected="exactly 1")
    assert not verdict.finding.passed
    assert "could not be checked: canceling statement" in verdict.finding.evidence
    assert "says nothing about the rows" in verdict.finding.evidence

    def mistaken() -> Look:
        raise ContractError("there is no table")

    assert "says nothing" not in judge(Kind.ROWS, "x", mistaken, required=True).finding.evidence


def test_names_and_values_become_sql_that_means_them() -> None:
    assert quoted("public", 'Weird"Name') == '"public"."Weird""Name"'
    assert [as_text(value) for value in (True, False, 5, 1.5, "x")] == ["true", "false", "5", "1.5", "x"]


def test_the_report_counts_checks_by_kind_and_shows_the_tries_as_a_chart() -> None:
    slow = Finding(name="the query a takes at most 1.0 s", passed=False, evidence="best of 2: 2.0 s")
    verdicts = [
        Verdict(kind=Kind.ROWS, finding=Finding(name="t has 5 rows", passed=True), expected="exactly 5", seen="5"),
        Verdict(kind=Kind.LATENCY, finding=slow, expected="at most 1.0 s", seen="2.0 s", budget_percent=200.0),
    ]
    draft = data_checks_report(verdicts)
    assert draft.headline == "1 of 2 checks failed: the query a takes at most 1.0 s"
    assert draft.figures == {"checks": 2, "checks_that_hold": 1, "row_counts": 1, "latencies": 1}
    assert list(draft.charts) == ["How much of its time the best try of each query took"]
    assert draft.tables[0].rows[0] == ("t has 5 rows", "exactly 5", "5", "yes")
    assert data_checks_report([]).headline == "nothing is declared to be checked"
    assert data_checks_report(verdicts[:1]).headline == "1 of 1 check holds"


def test_a_section_without_anything_is_right() -> None:
    assert Checks().rows == ()
