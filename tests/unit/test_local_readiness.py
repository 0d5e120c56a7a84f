"""Which deployments are registered: those of systems whose secrets resolve here."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.local.deployments import sources
from infra.local.readiness import ready_sources, require_ready
from sereno.errors import ConfigurationError
from sereno.settings import Settings

SYSTEM = """\
name: {name}
title: {name}
timezone: UTC
database: {{url: "${{{variable}_URL}}", read_url: "${{{variable}_READ_URL}}"}}
restore: {{admin_url: "${{{variable}_ADMIN_URL}}"}}
"""
DEPLOYMENT = """\
deployments:
  - name: {name}-backup
    description: Nightly.
    entrypoint: flows/backup.py:backup
    parameters: {{system: {name}}}
    work_pool: {{name: sereno}}
"""


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """A project with the embedded demo system and the systems point and till."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").write_text(DEPLOYMENT.format(name="demo"))
    for name in ("point", "till"):
        folder = tmp_path / "deployments" / name
        folder.mkdir(parents=True)
        (folder / "system.yaml").write_text(SYSTEM.format(name=name, variable=name.upper()))
        (folder / "prefect.yaml").write_text(DEPLOYMENT.format(name=name))
    monkeypatch.chdir(tmp_path)
    for variable in ("POINT_URL", "POINT_READ_URL"):
        monkeypatch.setenv(variable, "postgresql://localhost/point")
    return Settings()


def deployed(settings: Settings, system: str | None = None) -> list[str]:
    ready = ready_sources(sources(settings, system), settings)
    return [one.name for source in ready.sources for one in source.deployments]


def left_out(settings: Settings) -> tuple[str, ...]:
    return ready_sources(sources(settings), settings).left_out


def test_a_system_without_its_secrets_is_named_and_its_deployments_are_left_out(settings: Settings) -> None:
    assert deployed(settings) == ["demo-backup", "point-backup"]
    assert left_out(settings) == ("not deployed: till (TILL_URL is not set, and 1 more)",)


def test_one_missing_secret_is_enough_and_optional_ones_do_not_count(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TILL_READ_URL", "postgresql://localhost/till")
    assert left_out(settings) == ("not deployed: till (TILL_URL is not set)",)
    monkeypatch.setenv("TILL_URL", "postgresql://localhost/till")
    assert left_out(settings) == ()
    assert deployed(settings) == ["demo-backup", "point-backup", "till-backup"]


def test_a_system_whose_file_is_wrong_does_not_stop_the_others(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "deployments" / "till" / "system.yaml").write_text("name: till\n")
    assert deployed(settings) == ["demo-backup", "point-backup"]
    (line,) = left_out(settings)
    assert "deployments/till/system.yaml" in line


def test_the_demo_system_alone_can_be_asked_for(settings: Settings) -> None:
    assert deployed(settings, "demo") == ["demo-backup"]


def test_a_system_that_is_asked_for_by_name_has_to_be_ready(settings: Settings) -> None:
    require_ready(sources(settings, "point"), settings)
    require_ready(sources(settings, "demo"), settings)
    with pytest.raises(ConfigurationError, match=r"till \(TILL_URL is not set, and 1 more\); export"):
        require_ready(sources(settings, "till"), settings)
