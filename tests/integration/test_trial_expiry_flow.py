"""The job `trial_expiry` on a real server: its effects, its artifact, its events, and who it keeps out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.trial_expiry import trial_expiry
from infra.demo.system import DemoSystem
from integration.trial_case import TrialCase, trial_case
from sereno import audit
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from tasks.job import JobFailedError

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}
CONTACT = "maria.joao@salon.example"


@pytest.fixture(autouse=True)
def case(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[TrialCase]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    now = datetime.now(UTC)
    with trial_case(demo.superuser_url, tmp_path) as made, temporary_settings({PREFECT_API_URL: api_url}):
        made.describe(local_hour=0, late_days=3, announce=["expire"])
        made.add(1, ends=now + timedelta(days=2, hours=12), contact=CONTACT)
        made.add(2, ends=now - timedelta(hours=12), plan="basic")
        made.add(3, ends=now + timedelta(days=20, hours=12), plan="pro")
        yield made


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await trial_expiry(system="salons", **parameters, return_state=True)
    return state


async def artifact() -> str:
    async with get_client() as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["salons-trial-expiry"]))
        artifacts = await client.read_artifacts(artifact_filter=wanted)
    return str(max(artifacts, key=lambda each: each.created or datetime.min.replace(tzinfo=UTC)).data)


def actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "salons")]


async def test_a_dry_run_shows_who_would_be_told_what_and_does_nothing(case: TrialCase) -> None:
    state = await carried_out()
    assert state.name == "Completed"
    assert str(state.message) == "2 messages would go, and 1 account would be changed, worth 29.00 EUR a month"
    page = await artifact()
    assert "Who would be told what" in page
    assert "3 days before" in page
    assert CONTACT not in page
    assert case.values("changes") == {1: 0, 2: 0, 3: 0}
    assert actions() == ["PREVIEW_TRIAL_EXPIRY"]


async def test_a_live_run_does_it_once(case: TrialCase) -> None:
    first = await carried_out(**LIVE)
    assert (first.name, str(first.message)) == ("Completed", "2 messages delivered, and 1 account of salons changed")
    assert CONTACT not in await artifact()
    second = await carried_out(**LIVE)
    assert str(second.message) == "0 messages delivered, and 0 accounts of salons changed"
    assert case.values("changes") == {1: 0, 2: 1, 3: 0}
    assert actions() == ["RUN_TRIAL_EXPIRY", "RUN_TRIAL_EXPIRY"]


async def test_a_simulation_shows_a_calendar_and_what_is_at_stake() -> None:
    state = await carried_out(simulate_days=30)
    assert state.name == "Completed"
    assert "3 trials end, worth 157.00 EUR a month, if nobody pays" in str(state.message)
    assert "### Calendar" in await artifact()
    refused = await carried_out(simulate_days=30, **LIVE)
    assert (refused.name, "a simulation changes nothing" in str(refused.message)) == ("Refused", True)


async def test_an_account_that_cannot_be_changed_fails_the_run_and_names_it(case: TrialCase) -> None:
    case.describe(sql_files={"trials.expire": "UPDATE account SET changes = 1 / 0 WHERE id = ANY(:ids)"}, local_hour=0)
    state = await carried_out(**LIVE)
    assert state.name == "Failed"
    failed = await state.aresult(raise_on_failure=False)
    assert isinstance(failed, JobFailedError)
    report = failed.report
    (finding,) = [each for each in report.findings if each.required and not each.passed]
    assert "2: while running" in finding.evidence
    assert "division by zero" in finding.evidence
    assert report.figures["delivered"] == 1


async def test_only_one_run_at_a_time_and_only_when_confirmed() -> None:
    with exclusive(system="salons", job="trial_expiry", run="calm-otter"):
        held = await carried_out(**LIVE)
    unconfirmed = await carried_out(dry_run=False)
    assert (held.name, unconfirmed.name) == ("Refused", "Refused")
    assert "trial_expiry of salons is already running: run calm-otter" in str(held.message)


@pytest.mark.parametrize("wrong", [{"simulate_days": -1}, {"max_messages": 0}, {"max_changes": "all"}])
def test_a_bound_out_of_bounds_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterTypeError):
        trial_expiry.validate_parameters({"system": "salons", **wrong})
