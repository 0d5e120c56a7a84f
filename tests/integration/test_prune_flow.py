"""The job `prune` on a real server: its effects, its calendar, its events, and who it keeps out."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.prune import prune
from infra.demo.system import DemoSystem
from sereno import audit
from sereno.backup import write
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.systems.loader import load_system

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}


@pytest.fixture(autouse=True)
def backups(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[list[str]]:
    """A home with two backups of the demo system."""
    (tmp_path / "demo" / "backups").mkdir(parents=True)
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    system = load_system("demo")
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield [write.write(system).id for _ in range(2)]
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await prune(system="demo", **parameters, return_state=True)
    return state


def actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "demo")]


async def test_a_dry_run_leaves_a_calendar_and_a_preview_in_the_audit_chain(backups: list[str]) -> None:
    state = await carried_out()
    assert state.name == "Completed"
    assert str(state.message).startswith("2 backups of demo stay (")
    assert str(state.message).endswith(", and nothing has to go")
    assert actions() == ["PREVIEW_PRUNE"]
    async with get_client() as client:
        wanted = ArtifactFilter(key=ArtifactFilterKey(any_=["demo-prune"]))
        artifacts = await client.read_artifacts(artifact_filter=wanted)
    assert all(identifier in str(artifacts[-1].data) for identifier in backups)


async def test_a_live_run_is_one_in_the_audit_chain() -> None:
    assert (await carried_out(**LIVE)).name == "Completed"
    assert actions() == ["RUN_PRUNE"]


@pytest.mark.parametrize("job", ["backup", "restore", "verify_backups", "restore_drill"])
async def test_a_live_run_is_refused_while_backups_are_written_or_read_and_a_dry_run_is_not(job: str) -> None:
    with exclusive(system="demo", job=job, run="calm-otter"):
        refused = await carried_out(**LIVE)
        preview = await carried_out()
    assert (refused.name, preview.name) == ("Refused", "Completed")
    assert f"{job} of demo is already running: run calm-otter" in str(refused.message)


async def test_a_live_run_goes_on_beside_jobs_that_leave_backups_alone() -> None:
    with exclusive(system="demo", job="smoke", run="calm-otter"):
        assert (await carried_out(**LIVE)).name == "Completed"


@pytest.mark.parametrize("bound", [0, 501, "all"])
def test_a_bound_out_of_bounds_is_refused(bound: Any) -> None:
    with pytest.raises(ParameterTypeError):
        prune.validate_parameters({"system": "demo", "max_delete": bound})
