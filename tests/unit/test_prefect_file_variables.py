"""Variables in a prefect.yaml: filled in from the environment, and read as YAML reads them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml
from prefect.client.schemas.schedules import IntervalSchedule

from infra.local.deployments import _as_prefect_has_it
from infra.local.prefect_file import read_prefect_file
from infra.local.variables import UnsetVariableError, with_variables
from sereno.errors import ConfigurationError

FILE = """
deployments:
  - name: maintenance
    description: Nightly.
    entrypoint: flows/maintenance.py:maintenance
    parameters:
      system: a
      idle_days: ${MAINT_IDLE_DAYS:-30}
      dry_run: ${MAINT_DRY_RUN:-true}
      confirm_live: "${MAINT_CONFIRM_LIVE:-}"
    schedules:
      - slug: every-so-often
        interval: ${MAINT_INTERVAL_HOURS:-24} h
        timezone: UTC
        active: ${MAINT_ENABLED:-false}
    work_pool: {name: sereno}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "prefect.yaml").write_text(FILE)
    return tmp_path / "prefect.yaml"


def test_without_the_variables_the_defaults_hold(path: Path) -> None:
    (deployment,) = read_prefect_file(path).deployments
    assert deployment.parameters.model_dump() == {"system": "a", "idle_days": 30, "dry_run": True, "confirm_live": ""}
    (schedule,) = deployment.schedules
    assert (schedule.interval, schedule.active) == (86_400, False)


def test_the_environment_wins_and_quoted_words_stay_text(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "IDLE_DAYS": "7",
        "DRY_RUN": "0",
        "CONFIRM_LIVE": "YES",
        "INTERVAL_HOURS": "6",
        "ENABLED": "1",
    }.items():
        monkeypatch.setenv(f"MAINT_{name}", value)
    (deployment,) = read_prefect_file(path).deployments
    assert deployment.parameters.model_dump() == {
        "system": "a",
        "idle_days": 7,
        "dry_run": False,
        "confirm_live": "YES",
    }
    assert (deployment.schedules[0].interval, deployment.schedules[0].active) == (21_600, True)
    assert deployment.scheduled


async def test_prefect_gets_what_is_filled_in(path: Path) -> None:
    (wanted,) = read_prefect_file(path).deployments
    deployment = await _as_prefect_has_it(wanted)
    assert (deployment.description or "").startswith("Nightly.\n\n")
    assert "**When it fails:**" in (deployment.description or "")
    (schedule,) = deployment.schedules or []
    assert isinstance(schedule.schedule, IntervalSchedule)
    assert (schedule.slug, schedule.active) == ("every-so-often", False)
    assert (schedule.schedule.interval, schedule.schedule.timezone) == (timedelta(days=1), "UTC")
    assert deployment.parameters["confirm_live"] == ""


def test_a_file_without_variables_is_left_as_it_is() -> None:
    assert with_variables("a: &x {b: 1}\nc: *x", {}) == "a: &x {b: 1}\nc: *x"


def test_anchors_survive() -> None:
    filled = with_variables("a: &x\n  b: '${B:-2}'\n  c: ${C:-3}\nd: *x", {})
    assert yaml.safe_load(filled) == {"a": {"b": "2", "c": 3}, "d": {"b": "2", "c": 3}}


def test_a_variable_that_is_not_set_and_has_no_default_is_named(path: Path) -> None:
    with pytest.raises(UnsetVariableError, match=r"\$\{NOBODY\} is not set"):
        with_variables("a: ${NOBODY}", {})
    path.write_text(FILE.replace("${MAINT_IDLE_DAYS:-30}", "${NOBODY_SET_THIS}"))
    with pytest.raises(ConfigurationError, match="NOBODY_SET_THIS"):
        read_prefect_file(path)


def test_a_value_cannot_bring_structure_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    filled = with_variables("a: ${A:-1}\nb: 2", {"A": "x\nb: 3"})
    assert yaml.safe_load(filled) == {"a": "x\nb: 3", "b": 2}
