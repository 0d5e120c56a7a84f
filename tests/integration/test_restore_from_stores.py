"""Which store a restore reads: the first that has the backup whole, or the one that is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database, system_of
from integration.drill_case import drilled, failed
from integration.restoring import built, query
from integration.system_folders import written
from sereno.backup import copies, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.drill.plan import plan_drill
from sereno.errors import ConfigurationError, IntegrityError, RefusedError, StorageError
from sereno.restore.export import plan_export
from sereno.restore.plan import plan_restore
from sereno.restore.target import target_url
from sereno.systems.model import System

TABLES = "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) i"


@pytest.fixture(scope="module")
def taken(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[System, Path, list[str]]]:
    """A full backup and an increment in two stores: not to be changed."""
    home = tmp_path_factory.mktemp("home")
    for name in ("local", "offsite"):
        (home / name).mkdir()
    with pytest.MonkeyPatch.context() as environment, database(str(demo.superuser_url), script=TABLES) as url:
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        with database(str(demo.superuser_url)) as empty:
            said = system_of(url, target=empty).model_dump()
            said["backup"]["stores"] = [{"name": name, "folder": name} for name in ("local", "offsite")]
            system = System.model_validate(said)
            ids = [write.write(system, kind).id for kind in (BackupKind.FULL, BackupKind.INCREMENTAL)]
            copies.copy_to_store(system, "offsite")
            yield system, home, ids


@pytest.fixture
def system(taken: tuple[System, Path, list[str]]) -> System:
    return taken[0]


@pytest.fixture
def ids(taken: tuple[System, Path, list[str]]) -> list[str]:
    return taken[2]


@pytest.fixture
def home(taken: tuple[System, Path, list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the stores, which may be damaged."""
    for name in ("local", "offsite"):
        shutil.copytree(taken[1] / name, tmp_path / name)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    return tmp_path


def test_the_first_store_is_read_and_another_one_when_it_is_named(system: System, ids: list[str], home: Path) -> None:
    assert (plan_restore(system).store, plan_restore(system).backup) == ("local", ids[1])
    assert plan_restore(system, store="offsite").store == "offsite"
    assert plan_drill(system, store="offsite").store == "offsite"
    assert plan_export(system, home / "files", store="offsite").restore.store == "offsite"
    with pytest.raises(ConfigurationError, match=r"has no store 'nowhere'; its system\.yaml knows: local, offsite"):
        plan_restore(system, store="nowhere")


def test_everything_comes_from_the_store_that_is_named(system: System, home: Path) -> None:
    shutil.rmtree(home / "local")
    chosen = plan_restore(system, target="empty", store="offsite")
    into = target_url(system, "empty")
    assert failed({each.name: each for each in built(system, chosen, into)}) == {}
    assert query(into.resolve(), "SELECT count(*) FROM t") == [100]


def test_a_first_store_that_does_not_answer_names_the_others(system: System, home: Path) -> None:
    shutil.rmtree(home / "local")
    for planned in (plan_restore, plan_drill):
        with pytest.raises(StorageError, match=r"local does not exist.*may also be in offsite: run it .*store=offsite"):
            planned(system)


@pytest.mark.parametrize("lost", [0, 1])
def test_a_backup_that_the_first_store_lacks_in_part_is_read_in_the_next(
    system: System, ids: list[str], home: Path, lost: int
) -> None:
    shutil.rmtree(home / "local" / system.name / ids[lost])
    assert plan_restore(system, backup=ids[1]).store == "offsite"
    assert plan_drill(system, backup=ids[1]).store == "offsite"


def test_an_edited_manifest_in_the_first_store_sends_to_the_next_for_the_same_backup(
    system: System, ids: list[str], home: Path
) -> None:
    path = home / "local" / system.name / ids[1] / "manifest.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"rows":100', b'"rows":101'))
    found = plan_restore(system)
    assert (found.store, found.backup) == ("offsite", ids[1])
    with pytest.raises(IntegrityError, match="was changed after it was written"):
        plan_restore(system, store="local")


def test_where_no_store_has_it_whole_each_is_told_of(system: System, ids: list[str], home: Path) -> None:
    for store in ("local", "offsite"):
        shutil.rmtree(home / store / system.name / ids[0])
    message = rf"rests on {ids[0]}, which is not in store local.*; .* which is not in store offsite any more"
    with pytest.raises(IntegrityError, match=message):
        plan_restore(system)
    with pytest.raises(RefusedError, match=rf"no backup {ids[0]} in store local.*no backup {ids[0]} in store offsite"):
        plan_restore(system, backup=ids[0])


def test_a_drill_can_be_of_the_other_store(system: System, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(home / "deployments"))
    own = written(system, home / "deployments")
    shutil.rmtree(home / "local")
    assert failed(drilled(own, store="offsite")) == {}


def test_the_backups_in_a_store_are_found_by_one_listing(system: System, home: Path) -> None:
    place = BackupPlace.of(system)
    asked: list[str] = []

    class Counting:
        def __getattr__(self, name: str) -> Any:
            asked.append(name)
            return getattr(place.store, name)

    counted = BackupPlace(system=place.system, store=Counting(), section=place.section)
    assert len(counted.identifiers()) == 2
    assert asked == ["folders"]
