"""One set of cases over the folder of every system that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sereno.check import check_system
from sereno.settings import Settings
from sereno.systems.loader import load_system, system_names
from sereno.systems.schema import system_schema
from sereno.systems.secrets import Secret

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
FOLDERS = sorted(path.parent for path in DEPLOYMENTS.glob("*/system.yaml"))
EDITOR_LINE = "# yaml-language-server: $schema=../system.schema.json"

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(DEPLOYMENTS.parent)
    return Settings(systems_dir=DEPLOYMENTS)


def test_every_folder_is_a_system_and_loads(settings: Settings) -> None:
    names = [folder.name for folder in FOLDERS]
    assert list(system_names(settings)) == [load_system(name, settings).name for name in names] == names


@each_folder
def test_the_file_is_right_by_the_schema_that_editors_use(folder: Path) -> None:
    text = (folder / "system.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == EDITOR_LINE
    Draft202012Validator(system_schema()).validate(yaml.safe_load(text))


@each_folder
def test_everything_but_the_secrets_is_ready_without_a_network(folder: Path, settings: Settings) -> None:
    findings = check_system(folder.name, online=False, settings=settings)
    assert [finding for finding in findings if not finding.passed and not finding.name.startswith("secret of ")] == []


@each_folder
def test_a_url_holds_no_password(folder: Path, settings: Settings) -> None:
    database = load_system(folder.name, settings).database
    for url in (database.url, database.reading_url):
        assert isinstance(url, Secret)
        assert not url.holds_password
