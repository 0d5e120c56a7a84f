"""Pruning in several stores, and in a bucket."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from faulty_proxy import FaultyProxy
from integration.databases import PASSPHRASE, database
from integration.prune_case import LATER, TABLES, chain, missed, pruned, system_with, there
from s3_server import S3Server
from sereno.backup import copies
from sereno.backup.place import BackupPlace
from sereno.backup.prune import prune
from sereno.backup.prune_plan import plan_prune
from sereno.backup.prune_report import prune_report
from sereno.systems.model import System

BOTH = ("local", "vault")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    for name in BOTH:
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture(scope="module")
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield url


@pytest.fixture
def system(home: Path, url: str) -> System:
    return system_with(url, stores=BOTH)


@pytest.fixture
def copied(system: System) -> tuple[list[str], list[str]]:
    """Two chains, both of them in both stores."""
    chains = chain(system, 1), chain(system, 1)
    copies.copy_to_store(system, "vault")
    return chains


def test_every_store_is_pruned(system: System, copied: tuple[list[str], list[str]]) -> None:
    report = pruned(system)
    assert there(system) == there(system, "vault") == copied[1]
    assert "stay (" in report.headline
    assert " in 2 stores); 2 backups were deleted" in report.headline
    assert copies.copy_to_store(system, "vault").copied == ()


def test_the_bound_is_that_of_a_run_and_the_first_store_comes_first(
    system: System, copied: tuple[list[str], list[str]]
) -> None:
    pruned(system, max_delete=3)
    assert there(system) == copied[1]
    assert there(system, "vault") == [copied[0][0], *copied[1]]


def test_a_copy_of_what_the_first_store_keeps_stays_since_it_would_be_copied_again(system: System, home: Path) -> None:
    first, second = chain(system, 0), chain(system, 0)
    copies.copy_to_store(system, "vault")
    shutil.rmtree(home / "local" / system.name / second[0])
    rows = prune_report(plan_prune(system, now=LATER)).tables[0].rows
    assert [row[5:] for row in rows] == [
        ("last 1, minimum 1", "vault", "-"),
        ("last 1, minimum 1", "local, vault", "-"),
    ]
    pruned(system)
    assert (there(system), there(system, "vault")) == (first, [*first, *second])


def test_a_copy_of_what_cannot_be_read_in_the_first_store_stays(system: System, home: Path) -> None:
    first, second = chain(system, 0), chain(system, 0)
    copies.copy_to_store(system, "vault")
    (home / "local" / system.name / first[0] / "manifest.jsonl").write_bytes(b"")
    pruned(system)
    assert there(system, "vault") == [*first, *second]


def test_a_copy_stays_when_its_original_could_not_be_deleted(
    system: System, copied: tuple[list[str], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = shutil.rmtree

    def remove(path: Path) -> None:
        if "/local/" in str(path):
            raise OSError(errno.EROFS, "read-only")
        real(path)

    plan = plan_prune(system, now=LATER)
    monkeypatch.setattr("sereno.stores.folder.shutil.rmtree", remove)
    report = prune_report(plan, prune(system, plan))
    assert set(missed(report)) == {f"what no rule asks for goes from store {store}" for store in BOTH}
    assert there(system, "vault") == [*copied[0], *copied[1]]


def test_nothing_is_deleted_anywhere_while_the_first_store_cannot_be_read(
    system: System, copied: tuple[list[str], list[str]], home: Path
) -> None:
    (home / "local").rename(home / "unmounted")
    report = pruned(system)
    assert set(missed(report)) == {"store local can be pruned", "store vault can be pruned"}
    assert "may be all that is left" in missed(report)["store vault can be pruned"]
    assert there(system, "vault") == [*copied[0], *copied[1]]


def test_another_store_that_cannot_be_read_keeps_no_store_from_being_pruned(
    system: System, copied: tuple[list[str], list[str]], home: Path
) -> None:
    (home / "vault").rename(home / "unmounted")
    assert set(missed(pruned(system))) == {"store vault can be pruned"}
    assert there(system) == copied[1]


def test_a_hold_is_known_when_any_store_has_its_backup(system: System, url: str, home: Path) -> None:
    first, second = chain(system, 0), chain(system, 0)
    copies.copy_to_store(system, "vault")
    shutil.rmtree(home / "local" / system.name / first[0])
    held = system_with(url, stores=BOTH, holds=[{"reason": "tax audit", "backup": first[0]}])
    pruned(held)
    assert there(system, "vault") == [*first, *second]


@pytest.fixture
def in_bucket(home: Path, url: str, s3_server: S3Server, proxy: FaultyProxy) -> System:
    system = system_with(url)
    assert system.backup
    stores = (s3_server.section(endpoint_url=proxy.url),)
    return system.model_copy(update={"backup": system.backup.model_copy(update={"stores": stores})})


def test_a_bucket_is_pruned_as_a_folder_is(in_bucket: System, proxy: FaultyProxy) -> None:
    first, second = chain(in_bucket, 1), chain(in_bucket, 1)
    place = BackupPlace.of(in_bucket)
    report = pruned(in_bucket)
    assert missed(report) == {}
    assert place.identifiers() == second
    assert not [file for file in place.store.files(in_bucket.name) if file.name.split("/")[1] in first]


def test_a_key_that_may_not_delete_is_a_finding_that_names_the_right(in_bucket: System, proxy: FaultyProxy) -> None:
    first, second = chain(in_bucket, 0), chain(in_bucket, 0)
    plan = plan_prune(in_bucket, now=LATER)
    proxy.refuse("DELETE", "manifest", status=403, code="AccessDenied")
    report = prune_report(plan, prune(in_bucket, plan))
    assert "s3:DeleteObject" in str(missed(report))
    assert BackupPlace.of(in_bucket).identifiers() == [*first, *second]
