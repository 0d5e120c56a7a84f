"""Copies in other stores: complete or not listed, gone on with, and never in the way of the backup itself."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database, system_of
from sereno.backup import copies, read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.errors import ConfigurationError, IntegrityError, StorageError
from sereno.systems.model import System

TABLES = "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 1000) i"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    for name in ("backups", "vault"):
        (tmp_path / name).mkdir()
    return tmp_path


@pytest.fixture
def system(home: Path, demo: Any) -> Any:
    with database(str(demo.superuser_url), script=TABLES) as url:
        yield with_vault(system_of(url))


def with_vault(system: System) -> System:
    said = system.model_dump()
    said["backup"]["stores"] = [{"name": "local", "folder": "backups"}, {"name": "vault", "folder": "vault"}]
    return System.model_validate(said)


def in_vault(system: System) -> list[str]:
    return BackupPlace.of(system, store="vault").identifiers()


def test_every_backup_is_copied_once_and_can_be_read_from_there(system: System, home: Path) -> None:
    written = [write.write(system).id, write.write(system, BackupKind.INCREMENTAL).id]
    assert copies.other_stores(system) == ("vault",)
    assert copies.copy_to_store(system, "vault").copied == tuple(written)
    assert in_vault(system) == written
    assert copies.copy_to_store(system, "vault").copied == ()
    shutil.rmtree(home / "backups")
    (home / "vault").rename(home / "backups")
    assert read_back.verify(system, written[1]).problems == ()


def test_a_copy_that_was_cut_off_is_gone_on_with(system: System, home: Path) -> None:
    identifier = write.write(system).id
    copies.copy_to_store(system, "vault")
    folder = home / "vault" / system.name / identifier
    (folder / "manifest.jsonl").unlink()
    next((folder / "rows").iterdir()).unlink()
    kept = folder / "schema.dump"
    before = kept.stat().st_mtime_ns
    assert in_vault(system) == []
    assert copies.copy_to_store(system, "vault").copied == (identifier,)
    assert kept.stat().st_mtime_ns == before, "what was there already was copied again"


def test_a_damaged_object_is_not_copied_and_its_backup_is_not_listed(system: System, home: Path) -> None:
    identifier = write.write(system).id
    rows = next((home / "backups" / system.name / identifier / "rows").iterdir())
    data = bytearray(rows.read_bytes())
    data[-1] ^= 1
    rows.write_bytes(data)
    with pytest.raises(IntegrityError, match="not what its manifest says"):
        copies.copy_to_store(system, "vault")
    assert in_vault(system) == []


def test_a_store_that_is_not_there_says_so(system: System, home: Path) -> None:
    write.write(system)
    (home / "vault").rmdir()
    with pytest.raises(StorageError, match="does not exist; create it, or mount"):
        copies.copy_to_store(system, "vault")
    with pytest.raises(ConfigurationError, match="knows: local, vault"):
        copies.copy_to_store(system, "tape")
