"""What `python -m flows` sets before Prefect is imported."""

from __future__ import annotations

import os

import pytest

from flows.__main__ import _PREFECT_SETTINGS, _prepare_prefect
from infra.local.environment import HEARTBEAT_SECONDS

HEARTBEAT = "PREFECT_FLOWS_HEARTBEAT_FREQUENCY"


def test_a_run_started_here_shows_its_heartbeat_as_often_as_the_local_stack_expects() -> None:
    assert _PREFECT_SETTINGS[HEARTBEAT] == str(HEARTBEAT_SECONDS)


def test_what_somebody_set_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "environ", {"PREFECT_API_URL": "http://127.0.0.1:9/api", HEARTBEAT: "45"})
    _prepare_prefect()
    assert os.environ[HEARTBEAT] == "45"
    assert os.environ["DO_NOT_TRACK"] == "1"
