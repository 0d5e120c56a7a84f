"""The workflow files under docs/ci do what they say: their scripts are run here against a stand-in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from stand_ins.point import OPERATOR, Point
from stand_ins.server import Call, Reply, standing_in

ROOT = Path(__file__).parents[2]
CI = ROOT / "docs" / "ci"


def github_script() -> str:
    steps: list[dict[str, Any]] = yaml.safe_load((CI / "github-actions.yml").read_text())["jobs"]["smoke"]["steps"]
    return str(next(step["run"] for step in steps if step.get("id") == "smoke"))


def gitlab_script() -> str:
    return str(yaml.safe_load((CI / "gitlab-ci.yml").read_text())["smoke"]["script"][-1])


SCRIPTS = {"github": (github_script(), "bash"), "gitlab": (gitlab_script(), "sh")}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder with the project in it, in which the scripts leave their files."""
    for name in ("deployments", "flows", "prefect.yaml", "pyproject.toml"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = tmp_path / ".venv" / "bin"
    program.mkdir(parents=True)
    (program / "sereno").symlink_to(Path(sys.executable).parent / "sereno")
    return tmp_path


def ran(checkout: Path, which: str, base_url: str, **more: str) -> subprocess.CompletedProcess[str]:
    script, shell = SCRIPTS[which]
    environment = {
        **os.environ,
        "SYSTEM": "point",
        "SUITE": "quick",
        "LIVE": "false",
        "POINT_BASE_URL": base_url,
        "TOKEN": OPERATOR,
        "SERENO_HOME": str(checkout / "home"),
        **more,
    }
    return subprocess.run(
        [shell, "-e", "-c", script],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


@pytest.mark.parametrize("which", SCRIPTS)
def test_the_script_passes_and_leaves_its_reports(which: str, checkout: Path) -> None:
    with standing_in(Point()) as base_url:
        ended = ran(checkout, which, base_url)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert "<testcase" in (checkout / "smoke.xml").read_text()
    assert "<html" in (checkout / "smoke.html").read_text()
    assert OPERATOR not in ended.stdout + ended.stderr + (checkout / "smoke.html").read_text()


@pytest.mark.parametrize("which", SCRIPTS)
def test_the_script_fails_where_the_system_does(which: str, checkout: Path) -> None:
    def broken(call: Call, reply: Reply) -> Reply:
        return Reply(500, {"detail": "no"}) if "historial" in call.path else reply

    with standing_in(Point(), broken) as base_url:
        ended = ran(checkout, which, base_url)
    assert ended.returncode == 1, ended.stdout + ended.stderr
    assert "<failure" in (checkout / "smoke.xml").read_text()


def test_live_is_passed_on_and_confirmed(checkout: Path) -> None:
    system = Point()
    with standing_in(system) as base_url:
        ended = ran(checkout, "github", base_url, SUITE="daily", LIVE="true")
    assert any(row["action"] == "RUN_API_MAINTENANCE" for row in system.rows[120:]), ended.stdout + ended.stderr


def test_the_demo_workflow_calls_what_there_is() -> None:
    steps = yaml.safe_load((CI / "demo.yml").read_text())["jobs"]["demo"]["steps"]
    scripts = {step["id"]: step["run"] for step in steps if "id" in step}
    assert set(scripts) == {"start", "smoke", "load"}
    for script in scripts.values():
        subprocess.run(["bash", "-n", "-c", script], check=True)
    assert "sereno smoke demo" in scripts["smoke"]
    assert "sereno run load_check demo" in scripts["load"]
