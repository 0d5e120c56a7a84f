"""Suites against servers that are slow, hostile or wrong: every fault is a finding, and none costs memory or time."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Any

import pytest

from integration.hostile_server import HostileServer, hostile_server
from integration.smoke_runs import LOGIN, asking, result_of, run_of
from sereno import redaction
from sereno.reports import ReportFormat, render
from sereno.reports.model import Report
from sereno.smoke.outcome import Outcome
from sereno.smoke.report.draft import smoke_draft

REPORT: dict[str, Any] = {
    "job": "smoke",
    "system": "point",
    "effect": "read",
    "result": "failed",
    "headline": "one of three",
    **dict.fromkeys(("started_at", "finished_at"), "2026-11-25T12:00:00Z"),
}


@pytest.fixture(scope="module")
def module_server() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def server(module_server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> HostileServer:
    monkeypatch.setenv("SMOKE_PASSWORD", "correct-horse")
    monkeypatch.setattr(redaction, "_known", ())  # what other tests called a secret may be a word here
    module_server.asked.clear()
    module_server.tries.clear()
    return module_server


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/half-open", "no whole answer within 0.4 s"),
        ("/slow", "no whole answer within 0.4 s"),
        ("/garbage", "broke off or spoke no proper HTTP"),
        ("/drop", "broke off or spoke no proper HTTP"),
        ("/short", "broke off or spoke no proper HTTP"),
        ("/cut-gzip", "the packed body ends too early"),
        ("/brotli", "packed as 'br', which was not asked for"),
    ],
)
def test_an_answer_that_never_comes_whole_is_a_finding(path: str, said: str, server: HostileServer) -> None:
    result = result_of(asking(path, more="timeout_seconds: 0.4,"), server.url)
    assert (result.outcome, result.status) == (Outcome.FAILED, None)
    assert said in result.evidence
    assert result.curl == f"curl -i {server.url}{path}"


def test_a_server_that_is_not_there_is_told_once_and_the_rest_is_skipped(server: HostileServer) -> None:
    checks = "\n".join(f"{{name: c{number}, get: /ok, expect: [status == 200]}}" for number in range(6))
    with hostile_server() as gone:
        pass
    run = run_of(checks, gone.url)
    outcomes = [result.outcome for result in run.results]
    assert outcomes == [Outcome.FAILED] * 3 + [Outcome.SKIPPED] * 3
    assert "cannot be reached" in run.results[0].evidence


@pytest.mark.parametrize(
    ("path", "expect", "said"),
    [
        ("/html", "$.status == ok", "the body is no JSON: it begins with '<html><body>"),
        ("/invalid", "$.a == b", "byte 7 is no UTF-8"),
        ("/invalid", "body contains a", "the body is no utf-8: byte 7"),
        ("/deep", "$.a == b", "nested too deeply"),
        ("/html", "csv.rows >= 1", "the body is no CSV"),
        ("/html", "xlsx.rows >= 1", "the body is no XLSX workbook: BadZipFile"),
        ("/moved", "$.status == ok", "found 302"),
    ],
)
def test_an_answer_of_another_kind_is_a_finding(path: str, expect: str, said: str, server: HostileServer) -> None:
    result = result_of(asking(path, expect), server.url)
    assert result.outcome is Outcome.FAILED
    assert said in result.evidence


@pytest.mark.parametrize(
    ("first", "second", "said"),
    [
        ("half: $.half", "get: '/users/{{half}}'", "cannot be sent"),
        ("half: {value: $.half, secret: true}", "get: /users, query: {q: '{{half}}'}", "cannot be sent"),
        ("half: $.dots", "delete: '/users/{{half}}', effect: live", "cannot be sent"),
        ("half: $.url", "get: '{{half}}'", "cannot be sent"),
        ("half: $.url", "get: '{{half}}', login: admin", "cannot be sent"),
        ("half: $.url", "get: /half, walk: {keys: '$[*]', next: $.url}", "page 1: $.url is no URL"),
        ("half: $.url", "get: /moved-nowhere, follow_redirects: 1", "something that is no URL"),
        ("half: $.half", "get: /half, expect: [$.half == ok]", 'found "?"'),
    ],
)
def test_what_a_server_says_can_break_one_check_and_no_run(
    first: str, second: str, said: str, server: HostileServer
) -> None:
    more = "" if "expect:" in second else ", expect: [status == 200]"
    checks = (
        f"{{name: one, get: /half, expect: [status == 200], capture: {{{first}}}}}\n{{name: two, {second}{more}}}\n"
        "{name: after, get: /ok, expect: [status == 200]}"
    )
    run = run_of(checks, server.url, head=LOGIN, live=True)
    assert [result.outcome.value for result in run.results] == ["passed", "failed", "passed"], run.results
    assert said in run.results[1].evidence
    assert "defect" not in run.results[1].evidence
    render(Report.model_validate({**REPORT, "findings": smoke_draft(run).findings}), ReportFormat.JSON)


def test_a_defect_costs_one_check_and_neither_the_others_nor_the_cleanups(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def defect(*words: Any, **more: Any) -> None:
        raise AssertionError("nobody thought of this")

    monkeypatch.setattr("sereno.smoke.case.shape_of", defect)
    checks = (
        "{name: make, post: /secret, effect: live, expect: [status == 200], capture: {made: $.id}}\n"
        "{name: breaks, get: /ok, expect: [status == 200]}\n"
        "{name: undo, delete: '/users/{{made}}', effect: live, cleanup: true, expect: [status == 200]}"
    )
    run = run_of(checks, server.url, live=True)
    assert run.results[1].evidence == "this is a defect of Sereno: AssertionError: nobody thought of this"
    assert server.paths() == ["/secret", "/ok", "/users/7"]


def test_bodies_of_50_megabytes_and_gzip_bombs_are_left_where_they_are(server: HostileServer) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    large = result_of(asking("/large"), server.url, head="at_most_bytes: 1000000")
    bomb = result_of(asking("/bomb"), server.url, head="at_most_bytes: 1000000")
    assert large.evidence == "the body is larger than 1,000,000 bytes"
    assert bomb.evidence == "the body is larger than 1,000,000 bytes once it is unpacked"
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    assert grown < 150_000_000, "the bomb itself takes 100 MB of this process, which serves it"


def test_a_packed_body_is_unpacked(server: HostileServer) -> None:
    assert result_of(asking("/gzip", "$.a == 1"), server.url).outcome is Outcome.PASSED


def test_a_check_that_passes_on_a_retry_is_flaky_and_fails_no_run(server: HostileServer) -> None:
    result = result_of(asking("/unwell", "$.status == ok", more="retries: 2,"), server.url)
    assert (result.outcome, result.tries) == (Outcome.FLAKY, 2)
    assert "passed at try 2" in result.evidence


def test_a_wrong_answer_and_a_post_are_never_tried_again(server: HostileServer) -> None:
    result = result_of(asking("/ok", "$.n == 2", more="retries: 2,"), server.url)
    assert (result.outcome, result.tries, len(server.asked)) == (Outcome.FAILED, 1, 1)
    posted = result_of("{name: a, post: /unwell, effect: read, expect: [status == 200]}", server.url)
    assert (posted.outcome, posted.tries) == (Outcome.FAILED, 1)


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("well", "5 rows on 3 pages, none twice"),
        ("twice", "a row of page 1 stands on page 2 again"),
        ("gap", "page 2 has 1 rows where the first has 2"),
    ],
)
def test_a_walk_finds_rows_that_stand_twice_and_rows_that_are_left_out(
    kind: str, said: str, server: HostileServer
) -> None:
    walk = "walk: {keys: '$.items[*].id', next: $.next, parameter: offset, total: $.total},"
    result = result_of(asking(f"/pages/{kind}", more=walk), server.url)
    assert said in result.evidence
    assert result.passed is (kind == "well")


@pytest.mark.parametrize(("total", "pages"), [("total: $.total,", 3), ("", 4)])
def test_pages_that_are_counted_end_with_the_last_row_or_with_an_empty_page(
    total: str, pages: int, server: HostileServer
) -> None:
    walk = f"walk: {{keys: '$.items[*].id', {total} parameter: page}},"
    result = result_of(asking("/pages/well", more=walk), server.url)
    assert result.passed, result.evidence
    assert f"5 rows on {pages} pages" in result.evidence
    assert server.paths()[1] == "/pages/well?page=2"


def test_a_dry_run_that_changed_something_is_a_failure_and_says_what(server: HostileServer) -> None:
    checks = "{name: preview, post: /ok, effect: dry-run, expect: [status == 200]}"
    head = (
        "fingerprints: {same: {get: /ok, values: {n: $.n}}, "
        "moving: {get: /counter, values: {n: $.n, m: $.n}}, some: {get: /counter, except: [n, m], "
        "values: {n: $.n, m: $.n}}, unwell: {get: /unwell, values: {n: status}}}"
    )
    fine = run_of(checks, server.url, head=head, suite="fingerprints: [same]").results[0]
    assert (fine.outcome, "nothing was changed" in fine.evidence) == (Outcome.PASSED, True)
    changed = run_of(checks, server.url, head=head, suite="fingerprints: [moving]").results[0]
    assert changed.outcome is Outcome.FAILED
    assert changed.evidence.startswith("the dry run changed moving: m, moving: n")
    excepted = run_of(checks, server.url, head=head, suite="fingerprints: [some]").results[0]
    assert excepted.passed
    unreadable = run_of(checks, server.url, head=head, suite="fingerprints: [unwell]").results[0]
    assert unreadable.evidence == "the fingerprint unwell cannot be taken: it answered with status 503"


def test_cleanups_are_made_whatever_failed_and_only_for_what_was_made(server: HostileServer) -> None:
    checks = (
        "{name: make, post: /secret, effect: live, expect: [status == 200], capture: {made: $.id}}\n"
        "{name: makes and fails, post: /secret, effect: live, expect: [$.id == 8], capture: {other: $.id}}\n"
        "{name: is not as asked, post: /secret, effect: live, expect: [status == 201], capture: {not_ours: $.id}}\n"
        "{name: fails, post: /echo, effect: live, expect: [status == 200], capture: {never: $.id}}\n"
        "{name: needs it, get: /ok, needs: [fails], expect: [status == 200]}\n"
        "{name: undo, delete: '/users/{{made}}', effect: live, cleanup: true}\n"
        "{name: undo the other, delete: '/others/{{other}}', effect: live, cleanup: true}\n"
        "{name: undo what is not ours, delete: '/users/{{not_ours}}', effect: live, cleanup: true}\n"
        "{name: undo nothing, delete: '/users/{{never}}', effect: live, cleanup: true}"
    )
    run = run_of(checks, server.url, live=True)
    assert [(result.name, result.outcome.value) for result in run.results] == [
        ("make", "passed"),
        ("makes and fails", "failed"),
        ("is not as asked", "failed"),
        ("fails", "failed"),
        ("needs it", "skipped"),
        ("undo", "passed"),
        ("undo the other", "passed"),
    ]
    assert server.paths() == ["/secret", "/secret", "/secret", "/echo", "/users/7", "/others/7"]


def test_a_group_goes_on_at_the_same_time_and_waits_for_what_it_needs(server: HostileServer) -> None:
    checks = "\n".join(
        [
            "{name: a, get: /secret, group: g, expect: [status == 200], capture: {id: $.id}}",
            "{name: b, get: '/users/{{id}}', group: g, expect: [status == 200]}",
            *(f"{{name: c{n}, get: /ok, group: g, expect: [status == 200]}}" for n in range(20)),
        ]
    )
    run = run_of(checks, server.url, suite="parallel: 1")
    assert all(result.passed for result in run.results)
    assert "/users/7" in server.paths()
