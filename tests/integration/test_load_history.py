"""Baselines in the ledger: compared with, accepted, and not accepted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from sereno.load.apply import LoadOutcome
from sereno.load.history import LoadHistory, remember
from sereno.load.load import Load
from sereno.load.measure import Measurement
from sereno.load.plan import plan_load
from sereno.load.recorder import Recorder
from sereno.load.report import load_report
from sereno.load.request import Request
from sereno.load.server_side import ServerSide, Statement
from sereno.load.watch import ClientState
from sereno.reports.model import Result
from sereno.systems.model import System

SYSTEM = System.model_validate(
    {
        "name": "salon",
        "title": "Salon",
        "timezone": "Europe/Lisbon",
        "database": {"url": "${SALON_DATABASE_URL}"},
        "load_check": {
            "targets": [{"name": "local", "base_url": "http://127.0.0.1:8000"}],
            "endpoints": [{"name": "health", "path": "/health", "thresholds": ["p95 < 1s"]}],
        },
    }
)
AT_EASE = ClientState(cpu_percent=10.0, lag_p99_seconds=0.001, lag_largest_seconds=0.001)
AT_ITS_END = ClientState(cpu_percent=99.0, lag_p99_seconds=0.001, lag_largest_seconds=0.001)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))


def outcome(
    latency: float, *, errors: int = 0, client: ClientState = AT_EASE, load: Load | None = None, aborted: str = ""
) -> LoadOutcome:
    recorder = Recorder(Request(method="GET", path="/health", content=b""), started=0.0)
    for _ in range(100):
        recorder.answer(due=1.0, now=1.0 + latency, status=200, body_bytes=2)
    for _ in range(errors):
        recorder.failure("connection reset", now=2.0)
    recorder.finish(10.0)
    plan = plan_load(SYSTEM, load=load or Load(requests=100))
    statement = Statement(text="SELECT ?", times=3, seconds=0.2)
    server = ServerSide(looks=2, connections=4, active=2, allowed=100, statements=(statement,))
    return LoadOutcome(
        plan=plan,
        measurement=Measurement(recorder=recorder, client=client, aborted=aborted),
        server=server,
        started_at=datetime(2026, 11, 25, 12, tzinfo=UTC),
    )


def missed(history: LoadHistory, *, required: bool = True) -> list[str]:
    return [each.name for each in history.findings if not each.passed and each.required is required]


def test_without_a_baseline_a_run_passes_and_says_so() -> None:
    history = remember(SYSTEM, outcome(0.1), accept=False)
    assert missed(history) == []
    assert missed(history, required=False) == ["there is a baseline to compare with"]


def test_a_run_is_compared_with_the_one_accepted_last() -> None:
    remember(SYSTEM, outcome(0.5), accept=True)
    remember(SYSTEM, outcome(0.1), accept=True)
    remember(SYSTEM, outcome(0.9), accept=False)
    assert missed(remember(SYSTEM, outcome(0.14), accept=False)) == []
    slower = remember(SYSTEM, outcome(0.16), accept=False)
    assert missed(slower) == [f"{metric} is not over 50 % above the baseline" for metric in ("p50", "p95", "p99")]
    assert [run.accepted for run in slower.runs] == [True, True, False, False, False]
    assert [run.result for run in slower.runs][-1] is Result.FAILED
    (finding,) = [each for each in slower.findings if each.name.startswith("p95 is")]
    assert finding.evidence == "160 ms, 100 ms on 2026-11-25 12:00"


def test_a_few_milliseconds_more_are_noise() -> None:
    remember(SYSTEM, outcome(0.001), accept=True)
    assert missed(remember(SYSTEM, outcome(0.0055), accept=False)) == []
    assert missed(remember(SYSTEM, outcome(0.0075), accept=False)) != []


def test_a_run_of_another_load_is_not_compared() -> None:
    remember(SYSTEM, outcome(0.001), accept=True)
    other = remember(SYSTEM, outcome(0.9, load=Load(requests=100, concurrency=50)), accept=False)
    assert other.baseline is None
    assert len(other.runs) == 1


@pytest.mark.parametrize(
    "unsound",
    [
        outcome(0.1, errors=1),
        outcome(2.0),
        outcome(0.1, client=AT_ITS_END),
        outcome(0.1, aborted="everything failed"),
    ],
    ids=["errors", "threshold", "client", "aborted"],
)
def test_a_run_that_says_little_is_never_a_baseline(unsound: LoadOutcome) -> None:
    remember(SYSTEM, outcome(0.1), accept=True)
    history = remember(SYSTEM, unsound, accept=True)
    assert "the run is accepted as the baseline" in missed(history)
    assert not history.runs[-1].accepted
    after = remember(SYSTEM, outcome(0.1), accept=False)
    assert after.baseline
    assert after.baseline.run == after.runs[0].id


def test_where_the_client_was_the_limit_being_slower_fails_nothing() -> None:
    remember(SYSTEM, outcome(0.1), accept=True)
    history = remember(SYSTEM, outcome(0.9, client=AT_ITS_END), accept=False)
    assert missed(history) == []
    assert "p95 is not over 50 % above the baseline" in missed(history, required=False)


def test_the_report_answers_in_one_sentence_and_shows_both_sides() -> None:
    remember(SYSTEM, outcome(0.2), accept=True)
    ended = outcome(0.1)
    draft = load_report(SYSTEM, ended, remember(SYSTEM, ended, accept=False))
    assert draft.headline == (
        "GET /health of http://127.0.0.1:8000 under 100 requests over 10 connections: 10 answers a second, "
        "p50 100 ms, p95 100 ms, p99 100 ms, no errors"
    )
    assert [table.title for table in draft.tables] == [
        "Latency",
        "Statuses",
        "The database's connections, at most",
        "The database's slowest statements",
        "Runs of this load so far",
    ]
    assert ("p95", "100 ms", "200 ms") in draft.tables[0].rows
    assert set(draft.charts) == {"Latency by percentile", "Requests ended in each second", "p95 of each second"} | {
        "p95 of the runs so far"
    }
    assert draft.figures["p999_seconds"] == pytest.approx(0.1)


def test_the_report_of_a_bad_run_begins_with_what_failed() -> None:
    ended = outcome(0.1, errors=3, client=AT_ITS_END, aborted="60 % of the last 5 requests failed")
    draft = load_report(SYSTEM, ended, remember(SYSTEM, ended, accept=False))
    assert draft.headline.startswith("2 of 3 checks failed: errors == 0, the load was sent to its end; GET /health")
    assert "the client was the limit, so the system may bear more" in draft.headline
    assert ("connection reset", "3") in draft.tables[1].rows
