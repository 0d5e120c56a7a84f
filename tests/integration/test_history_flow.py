"""The job `history` on a real server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.history import history
from infra.demo.system import DemoSystem
from sereno import audit
from sereno.ledger import open_ledger


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await history(system="demo", **parameters, return_state=True)
    return state


async def test_an_export_is_a_file_of_the_run_which_is_an_event_itself(home: Path) -> None:
    state = await carried_out(source="system", export="xlsx", action="PURGE_API_LOGS")
    assert state.name == "Completed"
    assert str(state.message).startswith("12 events of demo (system) exported to demo-history-system-")
    assert [path.suffix for path in (home / "exports").iterdir()] == [".xlsx"]
    with open_ledger() as ledger:
        assert [event.action for event in audit.events(ledger, "demo")] == ["RUN_HISTORY"]


async def test_a_date_that_is_none_ends_the_run_in_one_sentence() -> None:
    state = await carried_out(date_from="2026-10-25T01:30:00")
    assert state.name == "Failed"
    assert "showed 2026-10-25T01:30:00 twice" in str(state.message)


@pytest.mark.parametrize(
    "wrong",
    [
        {"limit": 0},
        {"limit": -1},
        {"limit": 10**12},
        {"limit": "many"},
        {"offset": -1},
        {"sort_by": "payload"},
        {"export": "pdf"},
        {"source": "demo"},
    ],
)
def test_a_value_out_of_bounds_is_refused_by_the_form(wrong: dict[str, Any]) -> None:
    with pytest.raises(ParameterTypeError):
        history.validate_parameters({"system": "demo", **wrong})
