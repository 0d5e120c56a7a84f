"""One set of cases over the folder of every system that is shipped."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from infra.local.prefect_file import PREFECT_FILE, read_prefect_file
from sereno.check import check_system
from sereno.check.offline import secrets_of
from sereno.settings import Settings
from sereno.systems.loader import load_system, system_names
from sereno.systems.schema import system_schema
from sereno.systems.secrets import Secret

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
FOLDERS = sorted(path.parent for path in DEPLOYMENTS.glob("*/system.yaml"))
EDITOR_LINE = "# yaml-language-server: $schema=../system.schema.json"

DEPLOYED = [folder for folder in FOLDERS if (folder / PREFECT_FILE).is_file()]

each_folder = pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
each_deployed = pytest.mark.parametrize("folder", DEPLOYED, ids=lambda folder: folder.name)


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


@each_deployed
def test_the_deployments_of_a_system_are_its_own_in_its_zone(folder: Path, settings: Settings) -> None:
    system = load_system(folder.name, settings)
    for deployment in read_prefect_file(folder / PREFECT_FILE).deployments:
        assert deployment.system == folder.name
        assert deployment.name.startswith(f"{folder.name}-")
        assert deployment.tags[0] == folder.name
        assert deployment.work_pool.name == "sereno"
        assert deployment.concurrency_limit
        assert {schedule.timezone for schedule in deployment.schedules} <= {system.timezone}


@each_deployed
def test_no_form_begins_as_live_work(folder: Path) -> None:
    for deployment in read_prefect_file(folder / PREFECT_FILE).deployments:
        assert not {"dry_run", "confirm_live"} & (deployment.parameters.model_extra or {}).keys()


@each_deployed
def test_backups_are_taken_verified_drilled_and_pruned_as_the_runbooks_want_them(folder: Path) -> None:
    deployments = {one.name: one for one in read_prefect_file(folder / PREFECT_FILE).deployments}
    taken = {
        one.parameters_of(one.schedules[0])["kind"] for one in deployments.values() if "backup.py" in one.entrypoint
    }
    assert taken == {"full", "incremental", "critical"}
    assert all(deployments[f"{folder.name}-{job}"].scheduled for job in ("verify-backups", "restore-drill", "prune"))
    for job in ("restore-drill", "prune"):
        for schedule in deployments[f"{folder.name}-{job}"].schedules:
            assert schedule.parameters == {"dry_run": False, "confirm_live": "YES"}


@each_deployed
def test_the_readme_says_what_to_set(folder: Path, settings: Settings) -> None:
    text = (folder / "README.md").read_text(encoding="utf-8")
    system = load_system(folder.name, settings)
    references = {reference for _, secret in secrets_of(system) for reference in secret.references}
    assert [name for name in sorted(references) if name not in text] == []
