"""The job `load_check` on a real server: a probe, a load, a refusal, a baseline."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.load_check import load_check
from infra.demo.system import DemoSystem
from load_peer import OK, Exchange, Peer, serving
from sereno import audit
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Report

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES", "warmup_requests": 0}


async def _answer(exchange: Exchange) -> None:
    wrong = b"/health/ready" in exchange.head and exchange.number > 5
    await exchange.send(OK.replace(b"200 OK", b"500 Oh") if wrong else OK)


@pytest.fixture
def peer() -> Iterator[Peer]:
    with serving(_answer) as peer:
        yield peer


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str, peer: Peer) -> Iterator[None]:
    """A home in which the demo system's API is the peer."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    (tmp_path / "demo" / "api-url").write_text(f"http://127.0.0.1:{peer.port}")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await load_check(**{"system": "demo", "endpoint": "health", **parameters}, return_state=True)
    return state


async def report_of(state: State[Any]) -> Report:
    ended: Any = await state.aresult(raise_on_failure=False)
    report: Report = ended if isinstance(ended, Report) else ended.report
    return report


def actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "demo")]


async def test_a_dry_run_sends_one_request_and_says_what_it_would_do(peer: Peer) -> None:
    state = await carried_out()
    assert state.name == "Completed"
    message = str(state.message)
    assert message.startswith(
        f"would send 100 requests over 10 connections to GET /health of http://127.0.0.1:{peer.port}"
    )
    assert message.endswith("run again with dry_run off and confirm_live=YES")
    assert (len(peer.heads), actions()) == (1, ["PREVIEW_LOAD_CHECK"])


async def test_a_live_run_sends_the_load_and_becomes_a_baseline_when_asked(peer: Peer) -> None:
    state = await carried_out(**LIVE, requests=50, concurrency=5, thresholds=["p99 < 60s"])
    assert state.name == "Completed", state.message
    assert len(peer.heads) == 51
    report = await report_of(state)
    assert {"p95 < 2s", "p99 < 60s", "errors == 0"} <= {finding.name for finding in report.findings}
    assert (report.figures["requests"], report.figures["errors"]) == (50, 0)
    assert actions() == ["RUN_LOAD_CHECK"]


async def test_live_needs_the_word_and_nothing_is_sent_without_it(peer: Peer) -> None:
    assert (await carried_out(dry_run=False)).name == "Refused"
    assert peer.heads == []


@pytest.mark.parametrize("target", ["http://192.0.2.7", "https://salon.example"])
async def test_a_host_that_is_not_the_systems_is_refused_live_and_dry(peer: Peer, target: str) -> None:
    for how in ({}, LIVE):
        state = await carried_out(target=target, **how)
        assert state.name == "Refused"
        assert "is no host of demo, so no load is sent to it" in str(state.message)
    assert peer.heads == []


async def test_a_first_request_that_fails_is_the_only_one(peer: Peer) -> None:
    peer.heads[:] = [b""] * 5
    state = await carried_out(**LIVE, endpoint="ready")
    assert state.name == "Failed"
    assert "no load was sent, since the first request failed" in str(state.message)
    assert "status 500" in str(state.message)
    assert len(peer.heads) == 6


async def test_a_load_that_fails_is_cut_short_and_says_with_what(peer: Peer) -> None:
    state = await carried_out(**LIVE, endpoint="ready", requests=100_000)
    assert state.name == "Failed"
    assert "most of them with: status 500" in str((await report_of(state)).findings)
    assert len(peer.heads) < 100_000


async def test_one_load_at_a_time(peer: Peer) -> None:
    with exclusive(system="demo", job="load_check", run="calm-otter"):
        assert (await carried_out(**LIVE)).name == "Refused"
    assert peer.heads == []


@pytest.mark.parametrize(
    "wrong", [{"requests": 0}, {"concurrency": 501}, {"rate": -1}, {"duration_seconds": 4000}, {"thresholds": "p95"}]
)
def test_bounds_are_kept(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterTypeError):
        load_check.validate_parameters({"system": "demo", **wrong})
