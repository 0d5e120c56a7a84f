"""The job `smoke` on a real server: its history, its effects, its tags, and that no credential is a parameter."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.smoke import smoke
from infra.demo.system import DemoSystem
from integration.smoke_case import demo_home
from sereno import audit
from sereno.cli import main
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Report


@pytest.fixture(autouse=True)
def home(
    demo: DemoSystem, demo_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str
) -> Iterator[Path]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield demo_home(demo, demo_api, tmp_path, monkeypatch)
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await smoke(system="demo", **parameters, return_state=True)
    return state


async def test_the_suite_passes_leaves_a_preview_in_the_audit_chain_and_is_compared_with_the_run_before() -> None:
    first = await carried_out()
    second = await carried_out()
    assert (first.name, second.name) == ("Completed", "Completed")
    assert str(second.message).startswith("daily of demo: all 29 checks passed in ")
    assert str(second.message).endswith("5 live checks left out")
    report: Report = await second.aresult()
    assert report.figures["history"] == "1 run before"
    with open_ledger() as ledger:
        assert [event.action for event in audit.events(ledger, "demo")] == ["PREVIEW_SMOKE", "PREVIEW_SMOKE"]
    async with get_client() as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["demo-smoke"]))
        artifacts = [str(each.data) for each in await client.read_artifacts(artifact_filter=wanted)]
    assert all("Who may do what" in each for each in artifacts)
    assert any("Over the past runs" in each for each in artifacts)


async def test_a_live_run_needs_its_confirmation_and_a_second_run_beside_it_is_refused() -> None:
    refused = await carried_out(live=True)
    with exclusive(system="demo", job="smoke", run="calm-otter"):
        kept_out = await carried_out(suite="quick")
    assert (refused.name, kept_out.name) == ("Refused", "Refused")
    assert "confirm_live=YES" in str(refused.message)
    assert "calm-otter" in str(kept_out.message)


async def test_a_live_run_is_one_in_the_audit_chain_and_undoes_what_it_made(demo: DemoSystem) -> None:
    state = await carried_out(live=True, confirm_live="YES")
    assert state.name == "Completed", state.message
    with open_ledger() as ledger:
        assert [event.action for event in audit.events(ledger, "demo")] == ["RUN_SMOKE"]
    with psycopg.connect(demo.url) as connection:
        made = connection.execute("SELECT count(*) FROM users WHERE email LIKE 'smoke-%'").fetchone()
    assert made == (0,)


async def test_a_suite_that_does_not_exist_ends_in_one_sentence() -> None:
    state = await carried_out(suite="dayly")
    assert state.name == "Failed"
    assert str(state.message) == "there is no suite 'dayly'; did you mean daily?"


def test_the_command_runs_through_the_server_with_source_and_commit_and_without_credentials_in_it(
    demo: DemoSystem, api_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: Any
) -> None:
    monkeypatch.setenv("PREFECT_API_URL", api_url)
    monkeypatch.setenv("GITHUB_SHA", "0123456789abcdef")
    password = (demo.folder / "secrets" / "admin_password").read_text().strip()
    page = tmp_path / "smoke.html"
    words = ["smoke", "demo", "--suite", "daily", "--retain-days", "80", "--username", "admin@salon.example"]
    code = main([*words, "--password", password, "--junit", str(tmp_path / "smoke.xml"), "--html", str(page), "--json"])
    captured = capfdbinary.readouterr()
    assert code == 0, captured.err
    report = Report.model_validate_json(captured.out)
    assert "the caller gave" in str(report.figures["note"])
    assert '<testcase classname="demo.smoke"' in (tmp_path / "smoke.xml").read_text()
    assert all(title in page.read_text() for title in ("Who may do what", "when each check was made"))
    run = _flow_run(api_url, str(report.flow_run_id))
    assert {"ci", "commit:0123456789abcdef"} <= set(run["tags"])
    assert run["parameters"]["values"] == {"retain_days": "80"}
    assert password not in json.dumps(run)


def _flow_run(api_url: str, identifier: str) -> dict[str, Any]:
    import httpx

    answer: dict[str, Any] = httpx.get(f"{api_url}/flow_runs/{identifier}", trust_env=False).json()
    return answer
