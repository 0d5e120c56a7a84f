"""What is made of a deployment in prefect.yaml: its description in the UI, and its runs' parameters."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from infra.local.deploy import deploy
from infra.local.deployments import Source, register, sources
from infra.local.prefect_file import Deployment
from infra.local.runbook import with_runbook
from sereno.errors import ConfigurationError, SerenoError
from sereno.settings import Settings

DOCSTRING = """Take a backup.

When: every night, and
before anything risky.

When it fails: one of these
- the disk is full
- the role may not read

Args:
    system: The system's name.
"""


def deployment(*schedules: dict[str, Any], paused: bool = False) -> Deployment:
    return Deployment.model_validate(
        {
            "name": "a-restore",
            "description": "Weekly.",
            "entrypoint": "flows/restore.py:restore",
            "parameters": {"system": "a", "target": "scratch"},
            "work_pool": {"name": "sereno"},
            "schedules": [{"cron": "0 4 * * 0", "timezone": "UTC", **schedule} for schedule in schedules],
            "paused": paused,
        }
    )


def test_a_description_holds_the_runbook_with_its_labels_in_bold_and_without_the_help_for_the_form() -> None:
    assert with_runbook("Nightly.", DOCSTRING) == (
        "Nightly.\n\nTake a backup.\n\n**When:** every night, and before anything risky.\n\n"
        "**When it fails:** one of these\n- the disk is full\n- the role may not read"
    )


def test_a_job_without_a_docstring_leaves_the_description_as_it_is() -> None:
    assert with_runbook("Nightly.\n", "") == "Nightly."


def test_a_schedule_adds_its_parameters_to_those_of_the_form() -> None:
    wanted = deployment({"parameters": {"confirm_live": "YES", "target": "staging"}}, {"active": False})
    assert wanted.scheduled_parameters == ({"system": "a", "target": "staging", "confirm_live": "YES"},)
    assert wanted.scheduled


def test_what_is_paused_or_has_no_schedule_runs_by_hand_only() -> None:
    assert deployment({}, paused=True).scheduled_parameters == deployment().scheduled_parameters == ()
    assert not deployment().scheduled


async def test_what_prefect_refuses_is_told_with_the_file_and_the_deployment() -> None:
    source = Source(Path("prefect.yaml"), (deployment({"cron": "every night"}),))
    with pytest.raises(SerenoError, match=r"^prefect\.yaml: a-restore could not be deployed: .*every night"):
        await register([source])


def test_a_system_without_deployments_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"no prefect\.yaml has a deployment with `system: nobody`") as refused:
        sources(Settings(home=tmp_path), "nobody")
    assert refused.value.exit_code == 2


async def test_without_a_server_deploy_says_how_to_name_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PREFECT_API_URL", raising=False)
    with pytest.raises(ConfigurationError, match="set PREFECT_API_URL, or start the local stack") as refused:
        await deploy(Settings(home=tmp_path), None, Console())
    assert refused.value.exit_code == 2
