"""Somebody pauses, suspends or cancels a purge in the UI: it takes effect between two batches."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from prefect import get_client
from prefect.client.schemas.objects import State, StateDetails, StateType
from prefect.runtime import flow_run
from prefect.settings import PREFECT_API_URL, temporary_settings

import tasks.maintenance
from flows.maintenance import maintenance
from integration.databases import PASSPHRASE, database
from integration.maintenance_case import rows, system_with
from sereno import audit
from sereno.ledger import open_ledger
from sereno.maintenance import work
from tasks import operator

MANY = 40_000
TABLE = f"""
CREATE TABLE log (id bigint PRIMARY KEY, at timestamptz);
INSERT INTO log SELECT i, now() - interval '91 days' FROM generate_series(1, {MANY}) i;
"""
LOGS = {"name": "logs", "table": "log", "key": "id", "older_than": "at", "max_delete": 50_000}


@pytest.fixture
def url(demo: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[str]:
    """A database with old logs, which a purge deletes a batch in a slice."""
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setattr(tasks.maintenance, "_purge_slice", partial(tasks.maintenance._purge_slice, seconds=0.02))
    monkeypatch.setattr(work, "most_rows", lambda *_, **__: 500)
    monkeypatch.setattr(operator, "_EVERY_SECONDS", 0.05)
    with database(str(demo.superuser_url), script=TABLE) as made, temporary_settings({PREFECT_API_URL: api_url}):
        system_with(made, tmp_path / "deployments", LOGS)
        yield made


async def set_state(state: State[Any]) -> None:
    """What the UI does with its buttons, to the run under way."""
    async with get_client() as client:
        await client.set_flow_run_state(str(flow_run.id), state, force=True)


def paused(*, suspended: bool) -> State[Any]:
    details = StateDetails(pause_reschedule=suspended, pause_timeout=datetime.now(UTC) + timedelta(minutes=5))
    return State(type=StateType.PAUSED, name="Suspended" if suspended else "Paused", state_details=details)


def pressing(monkeypatch: pytest.MonkeyPatch, button: Callable[[], Awaitable[None]]) -> None:
    """Have somebody press `button` after the first slice."""
    real, slices = operator.give_way_to_operator, iter(range(1_000))

    async def give_way() -> None:
        if next(slices) == 1:
            await button()
        await real()

    monkeypatch.setattr(tasks.maintenance, "give_way_to_operator", give_way)


async def carried_out() -> State[Any]:
    parameters: dict[str, Any] = {"system": "awkward", "dry_run": False, "confirm_live": "YES"}
    state: State[Any] = await maintenance(**parameters, return_state=True)
    return state


def left(url: str) -> int:
    return int(rows(url, "SELECT count(*) FROM log")[0][0])


def deleted_by_events() -> int:
    with open_ledger() as ledger:
        events = audit.events(ledger, "awkward", action="PURGE_LOGS")
    return sum(int(event.figures["deleted"] or 0) for event in events)


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(paused(suspended=True), id="suspended", marks=pytest.mark.slow),
        pytest.param(State(type=StateType.CANCELLING, name="Cancelling"), id="cancelled"),
    ],
)
async def test_a_purge_ends_between_two_batches_and_the_next_run_goes_on(
    url: str, monkeypatch: pytest.MonkeyPatch, state: State[Any]
) -> None:
    with monkeypatch.context() as patch:
        pressing(patch, partial(set_state, state))
        with suppress(BaseException):  # what Prefect makes of its own signals is its own
            assert not (await carried_out()).is_completed()
    assert 0 < left(url) < MANY
    assert deleted_by_events() == 0
    assert (await carried_out()).name == "Completed"
    assert (left(url), deleted_by_events()) == (0, MANY)


async def test_a_paused_purge_waits_and_goes_on_when_it_is_resumed(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str | None] = []
    real = operator._state

    async def state() -> State[Any] | None:
        seen = await real()
        looks.append(seen.name if seen else None)
        if looks.count("Paused") == 3 and looks[-1] == "Paused":
            async with get_client() as client:
                await client.resume_flow_run(flow_run.id)
        assert len(looks) < 100
        return seen

    monkeypatch.setattr(operator, "_state", state)
    pressing(monkeypatch, partial(set_state, paused(suspended=False)))
    assert (await carried_out()).name == "Completed"
    assert (left(url), deleted_by_events()) == (0, MANY)
    assert looks.count("Paused") >= 3
