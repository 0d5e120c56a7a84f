"""The score of a compliance report."""

from __future__ import annotations

from sereno.compliance.control import Judged, Outcome
from sereno.compliance.score import BOUND, score_of
from sereno.systems.sections.compliance import Severity


def control(name: str, outcome: Outcome, *, weight: int = 1, severity: Severity = Severity.MEDIUM) -> Judged:
    return Judged(name=name, weight=weight, severity=severity, outcome=outcome)


def test_nothing_checked_is_no_score() -> None:
    assert score_of([]).value == 0


def test_no_data_and_work_by_hand_never_count_as_passed() -> None:
    score = score_of([control("a", Outcome.PASSED), control("b", Outcome.NO_DATA), control("c", Outcome.MANUAL)])
    assert (score.value, score.passed, score.controls, score.bounded) == (33, 1, 3, False)


def test_weights_count_and_a_score_is_never_rounded_up() -> None:
    score = score_of([control("a", Outcome.PASSED, weight=99), control("b", Outcome.FAILED, weight=1)])
    assert score.value == 99

    assert (
        score_of(
            [control(f"n{i}", Outcome.PASSED, weight=100) for i in range(3)] + [control("z", Outcome.FAILED)]
        ).value
        == 99
    )


def test_a_failed_critical_control_bounds_the_score() -> None:
    good = [control(f"n{i}", Outcome.PASSED, weight=10) for i in range(9)]
    bounded = score_of([*good, control("chain", Outcome.FAILED, weight=10, severity=Severity.CRITICAL)])
    assert (bounded.value, bounded.bounded) == (BOUND, True)
    unknown = score_of([*good, control("chain", Outcome.NO_DATA, weight=10, severity=Severity.CRITICAL)])
    assert (unknown.value, unknown.bounded) == (90, False)


def test_what_would_raise_it_most_comes_first_and_what_would_not_is_left_out() -> None:
    controls = [
        *(control(f"n{i}", Outcome.PASSED, weight=10) for i in range(8)),
        control("critical", Outcome.FAILED, weight=5, severity=Severity.CRITICAL),
        control("heavy", Outcome.FAILED, weight=15),
    ]
    score = score_of(controls)
    assert score.value == BOUND
    assert [(each.control, each.score) for each in score.raises] == [("critical", 85)]


def test_two_critical_failures_keep_one_another_down() -> None:
    controls = [control(name, Outcome.FAILED, weight=10, severity=Severity.CRITICAL) for name in ("a", "b")]
    controls += [control(f"n{i}", Outcome.PASSED, weight=10) for i in range(8)]
    assert score_of(controls).raises == ()
