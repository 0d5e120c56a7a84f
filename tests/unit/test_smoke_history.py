"""What past runs say: slower only when several were, drift only where there is room, flakes counted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from sereno.reports.model import Finding
from sereno.smoke.history import (
    PastResult,
    findings_of_history,
    flake_rate,
    latency_chart,
    sparkline,
    why_slower,
)
from sereno.smoke.outcome import CaseResult, Outcome, SuiteRun
from sereno.smoke.report.draft import headline_of, smoke_draft
from sereno.smoke.report.github import workflow_commands
from sereno.smoke.report.tables import tables_of
from sereno.smoke.shape import drift, shape_of
from unit.smoke_case import NOW


def past(*seconds: float, outcome: Outcome = Outcome.PASSED, shape: Any = None) -> list[PastResult]:
    return [
        PastResult(
            started_at=NOW - timedelta(days=len(seconds) - number),
            outcome=outcome,
            seconds=each,
            shape=None if shape is None else shape_of(shape),
        )
        for number, each in enumerate(seconds)
    ]


def result(name: str = "health", **fields: Any) -> CaseResult:
    given = {"check": name, "line": 7, "outcome": Outcome.PASSED, "seconds": 0.1, "status": 200, "method": "GET"}
    return CaseResult(name=name, **{**given, **fields})


def run_of(*results: CaseResult, left_out: tuple[str, ...] = ()) -> SuiteRun:
    return SuiteRun(
        system="point",
        suite="daily",
        where="deployments/point/smoke.yaml",
        base_url="http://127.0.0.1:9",
        effect=results[0].effect,
        started_at=NOW,
        finished_at=NOW + timedelta(seconds=2),
        results=results,
        left_out=left_out,
    )


@pytest.mark.parametrize(
    ("before", "now", "slower"),
    [
        ([0.1] * 7, 5.0, False),
        ([0.1] * 5 + [0.5, 0.5], 0.5, True),
        ([0.1] * 5 + [0.5, 0.1], 0.5, True),
        ([0.1] * 5 + [0.1, 0.1], 0.5, False),
        ([0.1] * 4 + [0.5, 0.5], 0.5, False),
        ([0.010] * 5 + [0.050, 0.050], 0.050, False),
        ([], 5.0, False),
    ],
    ids=["one spike", "three slow", "two of three slow", "two were fast", "too few", "too little", "no past"],
)
def test_a_check_is_slower_when_the_middle_of_the_last_three_is(before: list[float], now: float, slower: bool) -> None:
    told = why_slower(result(seconds=now), past(*before))
    assert (told is not None) is slower
    assert told is None or "took 500 ms in the middle, the 5 before 100 ms" in told


def test_a_failed_answer_is_no_measure_of_latency() -> None:
    assert why_slower(result(seconds=9.0, outcome=Outcome.FAILED), past(*[0.1] * 9)) is None
    assert why_slower(result(seconds=9.0), past(*[0.1] * 9, outcome=Outcome.FAILED)) is None


def test_flakes_are_passes_at_a_later_try_and_failures_between_two_passes() -> None:
    def of(*outcomes: Outcome) -> Sequence[PastResult]:
        return [PastResult(started_at=NOW, outcome=each, seconds=0.1, shape=None) for each in outcomes]

    assert flake_rate(of(Outcome.PASSED, Outcome.FLAKY, Outcome.PASSED, Outcome.PASSED)) == 0.25
    assert flake_rate(of(Outcome.PASSED, Outcome.FAILED, Outcome.PASSED)) == pytest.approx(1 / 3)
    assert flake_rate(of(Outcome.PASSED, Outcome.FAILED, Outcome.FAILED)) == 0
    assert flake_rate(of(Outcome.SKIPPED)) == 0


BEFORE = {"items": [{"id": 1, "name": "a", "next": None}], "total": 5}


@pytest.mark.parametrize(
    ("now", "lines"),
    [
        (BEFORE, []),
        ({**BEFORE, "pages": 1}, ["new: pages (number)"]),
        ({"items": BEFORE["items"]}, ["missing: total"]),
        ({**BEFORE, "total": "5"}, ["changed: total is text, was number"]),
        ({**BEFORE, "total": None}, []),
        ({**BEFORE, "items": []}, []),
        ({**BEFORE, "items": [{"id": 1, "next": 7}]}, ["missing: items[].name"]),
        ({**BEFORE, "items": None}, []),
        ([1], ["new: [] (number)", "changed: the whole is list, was object"]),
    ],
)
def test_drift_is_told_key_by_key_and_never_where_there_was_nothing_to_see(now: Any, lines: list[str]) -> None:
    assert drift(shape_of(now), [shape_of(BEFORE)]) == lines


def test_a_key_that_was_there_in_any_run_before_is_not_new_and_volatile_parts_do_not_count() -> None:
    assert drift(shape_of(BEFORE), [shape_of({**BEFORE}), shape_of({"items": [], "total": 5})]) == []
    data = {"by_action": {"A": 1, "B": 2}, "total": 5}
    assert shape_of(data, volatile=[data["by_action"]]) == {"": "object", "by_action": "object", "total": "number"}


def test_nothing_is_drift_without_a_past() -> None:
    assert drift(shape_of(BEFORE), []) == []


def test_what_is_unlike_before_is_a_finding_that_fails_no_run_and_stands_in_the_headline() -> None:
    now = result(seconds=0.5, shape=shape_of({**BEFORE, "pages": 1}))
    history = {"health": past(*[0.1] * 5, 0.5, 0.5, shape=BEFORE)}
    run = run_of(now, left_out=("live",))
    findings = findings_of_history(run, history)
    assert [(each.name, each.passed, each.required) for each in findings] == [
        ("health takes as long as before", False, False),
        ("health answers in the shape of before", False, False),
    ]
    draft = smoke_draft(run, history)
    assert draft.headline == (
        "daily of point: all 1 check passed in 2.0 s; 2 unlike before: health takes as long as before, "
        "health answers in the shape of before; 1 live check left out"
    )
    assert draft.figures["history"] == "7 runs before"


def test_the_history_is_a_line_per_check_with_its_trend() -> None:
    run, history = run_of(result(seconds=0.4)), {"health": past(0.1, 0.2)}
    (table,) = smoke_draft(run, history).tables
    assert table.rows == (("health", "2", "0", "0%", "150 ms", "400 ms", "▃▅█"),)
    assert sparkline([]) == ""
    (svg,) = latency_chart(run, history).values()
    assert svg.startswith("<svg")
    assert latency_chart(run, {}) == {}


def test_the_headline_tells_what_failed_what_was_flaky_and_what_was_skipped() -> None:
    run = run_of(
        result("a"),
        result("b", outcome=Outcome.FAILED),
        result("c", outcome=Outcome.FLAKY),
        result("d", outcome=Outcome.SKIPPED),
        result("e", outcome=Outcome.FAILED, required=False),
    )
    assert headline_of(run) == (
        "daily of point: 1 of 5 checks failed: b; 1 optional did not pass: e; 1 flaky: c; 1 skipped: d"
    )
    draft = smoke_draft(run)
    assert [each.required for each in draft.findings] == [True, True, False, False, False]
    assert [each.passed for each in draft.findings] == [True, False, False, False, False]


def test_the_role_matrix_is_a_table_of_endpoints_and_roles() -> None:
    run = run_of(
        result("u as admin", matrix=("u", "admin"), expected_status=200),
        result("u as anonymous", matrix=("u", "anonymous"), expected_status=401, outcome=Outcome.FAILED),
    )
    draft = smoke_draft(run)
    (table,) = draft.tables
    assert tables_of([Finding.model_validate_json(each.model_dump_json()) for each in draft.findings]) == draft.tables
    assert table.columns == ("check", "admin", "anonymous")
    assert table.rows == (("u", "✓ 200 in 100 ms", "✗ 200, expected 401"),)


def test_annotations_point_to_the_check_in_its_file_and_cannot_be_forged() -> None:
    evil = "100 % wrong\n::error file=/etc/hosts::forged"
    run = run_of(result("a, b: c", outcome=Outcome.FAILED, evidence=evil))
    from sereno.reports.model import Report, Result

    draft = smoke_draft(run)
    report = Report(
        job="smoke",
        system="point",
        effect=run.effect,
        result=Result.FAILED,
        headline=draft.headline,
        started_at=NOW,
        finished_at=NOW,
        findings=draft.findings,
    )
    (command,) = workflow_commands(report)
    assert command == (
        "::error file=deployments/point/smoke.yaml,line=7,title=a%2C b%3A c::"
        "100 %25 wrong%0A::error file=/etc/hosts::forged"
    )
