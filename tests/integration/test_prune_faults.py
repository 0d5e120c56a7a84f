"""Pruning where something is damaged, missing, changed meanwhile, or cannot be deleted: whatever is left is whole."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database
from integration.prune_case import LATER, TABLES, chain, missed, pruned, system_with, there
from sereno.backup import read_back
from sereno.backup.prune import prune
from sereno.backup.prune_plan import plan_prune
from sereno.backup.prune_report import prune_report
from sereno.errors import StoreUnavailableError
from sereno.systems.model import System


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "local").mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


@pytest.fixture
def system(home: Path, url: str) -> System:
    return system_with(url)


def damage_manifest(home: Path, system: System, identifier: str) -> None:
    (home / "local" / system.name / identifier / "manifest.jsonl").write_bytes(b"{}\n")


def test_a_backup_whose_manifest_cannot_be_read_stays_and_hides_none_of_the_others(system: System, home: Path) -> None:
    oldest, damaged, newest = (chain(system, 0)[0] for _ in range(3))
    damage_manifest(home, system, damaged)
    report = pruned(system)
    assert there(system) == [damaged, newest]
    assert damaged in missed(report)["every manifest in store local can be read"]
    assert report.figures["unreadable"] == 1
    assert report.figures["deleted"] == 1, oldest


def test_what_a_damaged_increment_may_rest_on_stays(system: System, home: Path) -> None:
    first, second = chain(system, 2), chain(system, 0)
    damage_manifest(home, system, first[1])
    report = pruned(system)
    assert there(system) == [*first, *second]
    assert f"{first[2]} rests on {first[1]}, which cannot be read" in "".join(missed(report).values())


def test_a_manifest_that_somebody_moved_is_no_reason_to_delete(system: System, home: Path) -> None:
    oldest, newest = chain(system, 0)[0], chain(system, 0)[0]
    folder = home / "local" / system.name
    shutil.copy(folder / newest / "manifest.jsonl", folder / oldest / "manifest.jsonl")
    assert "somebody moved a backup" in str(missed(pruned(system)))
    assert there(system) == [oldest, newest]


def test_a_parent_that_is_gone_is_a_finding_and_its_child_stays(system: System, home: Path) -> None:
    first, second = chain(system, 1), chain(system, 0)
    shutil.rmtree(home / "local" / system.name / first[0])
    report = pruned(system)
    assert there(system) == [first[1], *second]
    assert (
        f"rests on {first[0]}, which is not there" in missed(report)["every backup in store local has what it rests on"]
    )


def test_a_leftover_that_became_a_backup_meanwhile_is_left(system: System, home: Path) -> None:
    identifier = chain(system, 0)[0]
    manifest = home / "local" / system.name / identifier / "manifest.jsonl"
    hidden = manifest.rename(home / "manifest.jsonl")
    plan = plan_prune(system, now=LATER)
    hidden.rename(manifest)
    assert "has become a backup" in str(missed(prune_report(plan, prune(system, plan))))
    assert read_back.verify(system, identifier).problems == ()


def test_a_backup_that_vanishes_in_the_middle_counts_as_gone(system: System, home: Path) -> None:
    first, second = chain(system, 1), chain(system, 0)
    plan = plan_prune(system, now=LATER)
    shutil.rmtree(home / "local" / system.name / first[1])
    report = prune_report(plan, prune(system, plan))
    assert missed(report) == {}
    assert there(system) == second


def test_a_folder_that_vanishes_while_it_is_deleted_is_no_failure(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain(system, 0)
    kept = chain(system, 0)
    real = shutil.rmtree

    def twice(path: Path) -> None:
        real(path)
        real(path)

    monkeypatch.setattr("sereno.stores.folder.shutil.rmtree", twice)
    assert missed(pruned(system)) == {}
    assert there(system) == kept


@contextmanager
def failing(word: str, error: Exception) -> Iterator[None]:
    """Let the deletion of folders fail whose path holds a word."""
    real = shutil.rmtree

    def remove(path: Path) -> None:
        if word in str(path):
            raise error
        real(path)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sereno.stores.folder.shutil.rmtree", remove)
        yield


def test_a_read_only_store_is_a_finding_and_every_backup_in_it_is_whole(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = chain(system, 1), chain(system, 0)

    def unlink(path: Path, missing_ok: bool = False) -> None:
        raise OSError(errno.EROFS, "read-only")

    plan = plan_prune(system, now=LATER)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "unlink", unlink)
        report = prune_report(plan, prune(system, plan))
    evidence = missed(report)["what no rule asks for goes from store local"]
    assert "the file system is read-only" in evidence
    assert f"{first[0]} was left: what rests on it" in evidence
    assert there(system) == [*first, *second]
    assert all(read_back.verify(system, each).problems == () for each in there(system))


def test_what_is_left_of_a_deletion_that_was_cut_off_is_no_backup_and_goes_the_next_time(
    system: System, home: Path
) -> None:
    first, second = chain(system, 1), chain(system, 0)
    with failing(first[1], OSError(errno.EROFS, "read-only")):
        report = pruned(system)
    assert "read-only" in missed(report)["what no rule asks for goes from store local"]
    assert there(system) == [first[0], *second], "a parent went before what rests on it"
    assert missed(pruned(system)) == {}
    assert [path.name for path in (home / "local" / system.name).iterdir()] == second


def test_a_store_that_stops_answering_is_left_for_the_next_run(system: System) -> None:
    first, second = chain(system, 2), chain(system, 0)
    with failing(first[1], StoreUnavailableError("no connection")):
        report = pruned(system)
    evidence = missed(report)["what no rule asks for goes from store local"]
    assert evidence.splitlines()[:2] == ["no connection", "the rest was not tried"]
    assert report.figures["deleted"] == 1
    assert there(system) == [first[0], *second]


def test_a_store_that_is_not_mounted_is_a_finding(system: System, home: Path) -> None:
    chain(system, 0)
    (home / "local").rename(home / "unmounted")
    report = pruned(system)
    assert "does not exist; create it, or mount" in missed(report)["store local can be pruned"]
