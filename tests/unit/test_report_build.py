from __future__ import annotations

import pytest

from sereno.reports import Finding, Result, headline, human_bytes, human_count, human_seconds, tally


def finding(name: str, *, passed: bool = True, required: bool = True) -> Finding:
    return Finding(name=name, passed=passed, required=required)


def test_no_findings_pass() -> None:
    assert tally([]) is Result.PASSED


def test_a_required_finding_that_did_not_pass_fails_the_run() -> None:
    assert tally([finding("a"), finding("b", passed=False)]) is Result.FAILED


def test_an_optional_finding_that_did_not_pass_does_not_fail_the_run() -> None:
    assert tally([finding("a"), finding("b", passed=False, required=False)]) is Result.PASSED


def test_the_headline_is_the_flows_own_sentence_when_all_passed() -> None:
    assert headline([finding("a")], "35 tables were restored.") == "35 tables were restored."


def test_the_headline_names_what_failed_and_of_how_many() -> None:
    findings = [finding("rows of public.users", passed=False), *(finding(f"rows of t{n}") for n in range(40))]
    assert headline(findings, "fine") == "1 of 41 checks failed: rows of public.users"


def test_the_headline_names_three_at_most_and_counts_the_others() -> None:
    findings = [finding(f"check {n}", passed=False) for n in range(1_500)]
    assert headline(findings, "fine") == ("1,500 of 1,500 checks failed: check 0, check 1, check 2 and 1,497 more")


def test_the_headline_does_not_hide_an_optional_finding() -> None:
    findings = [finding("a"), finding("time agreed", passed=False, required=False)]
    assert headline(findings, "35 tables restored.") == "35 tables restored; 1 optional check did not pass: time agreed"


def test_the_headline_stays_one_short_line_whatever_findings_are_called() -> None:
    sentence = headline([finding("x\ny " * 3_000, passed=False)], "fine")
    assert "\n" not in sentence
    assert len(sentence) < 150


@pytest.mark.parametrize(
    ("number", "text"),
    [
        *((0, "0 B"), (1, "1 B"), (999, "999 B"), (1_000, "1.0 kB"), (12_345_678, "12.3 MB"), (99_940_000, "99.9 MB")),
        *((99_960_000, "100 MB"), (468_220_113, "468 MB"), (999_499_999, "999 MB"), (999_500_000, "1.0 GB")),
        *((2**63, "9.2 EB"), (-1_500, "-1.5 kB"), (5 * 10**21, "5,000 EB")),
    ],
)
def test_bytes_are_humanised_in_decimal_units(number: int, text: str) -> None:
    assert human_bytes(number) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        *(
            (0, "0 ms"),
            (0.0001, "under 1 ms"),
            (0.038, "38 ms"),
            (0.9994, "999 ms"),
            (0.9996, "1.0 s"),
            (9.94, "9.9 s"),
        ),
        *(
            (9.96, "10 s"),
            (59.4, "59 s"),
            (59.6, "1 min"),
            (252.4, "4 min 12 s"),
            (3_599.6, "1 h"),
            (7_500, "2 h 5 min"),
        ),
        *((86_399, "23 h 59 min"), (86_400, "1 d"), (266_400, "3 d 2 h"), (-5, "-5.0 s")),
    ],
)
def test_durations_are_humanised_in_their_two_largest_units(seconds: float, text: str) -> None:
    assert human_seconds(seconds) == text


def test_counts_are_grouped_and_agree_with_their_noun() -> None:
    assert human_count(4_813_112) == "4,813,112"
    assert [human_count(number, "check") for number in (0, 1, 2)] == ["0 checks", "1 check", "2 checks"]
    assert human_count(2, "query", "queries") == "2 queries"
