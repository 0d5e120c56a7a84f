"""Damage anywhere in a chain of backups is found, and named by the object that it is in."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.databases import PASSPHRASE, database, system_of
from sereno.backup import read_back, write
from sereno.backup.chain import open_chain
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.errors import IntegrityError
from sereno.systems.model import System

TABLES = """
CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, md5(i::text) FROM generate_series(1, 1000) i;
SELECT lo_from_bytea(0, 'a large object')
"""
CHANGE = "DELETE FROM t WHERE id % 9 = 0; UPDATE t SET x = 'new' WHERE id % 7 = 0; INSERT INTO t VALUES (2000, 'came')"
OBJECTS = ["schema.dump", "large-objects.dump", "rows/000001-0000", "keys/000001-removed", "keys/000001-added"]
HEADER = {
    "magic": 0,
    "identity": 9,
    "frame size": 26,
    "nonce prefix": 29,
    "zero byte": 35,
    "commitment": 40,
    "name": 70,
}


@pytest.fixture(scope="module")
def taken(demo: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, System, str, str]]:
    """A full backup and an increment: their home, the system and both ids."""
    home = tmp_path_factory.mktemp("home")
    (home / "backups").mkdir()
    with (
        pytest.MonkeyPatch.context() as environment,
        database(str(demo.superuser_url), script=TABLES) as url,
    ):
        environment.setenv("SERENO_HOME", str(home))
        environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
        system = system_of(url)
        full = write.write(system).id
        with psycopg.connect(url) as connection:
            connection.execute(CHANGE.encode())
        yield home, system, full, write.write(system, BackupKind.INCREMENTAL).id


@pytest.fixture
def folders(taken: tuple[Path, System, str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The folders of both backups, in a copy that may be damaged."""
    home, system, full, increment = taken
    shutil.copytree(home, tmp_path / "home")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    backups = tmp_path / "home" / "backups" / system.name
    return {"full": backups / full, "increment": backups / increment}


@pytest.fixture
def system(taken: tuple[Path, System, str, str]) -> System:
    return taken[1]


def flip(path: Path, at: int) -> None:
    data = bytearray(path.read_bytes())
    data[at] ^= 0x10
    path.write_bytes(data)


def problems(system: System, folder: Path) -> tuple[str, ...]:
    return read_back.verify(system, folder.name).problems


@pytest.mark.parametrize("name", OBJECTS)
@pytest.mark.parametrize("region", [*HEADER, "length of a frame", "ciphertext", "tag"])
def test_one_flipped_bit_in_any_region_of_any_object_is_found(
    system: System, folders: dict[str, Path], name: str, region: str
) -> None:
    path = folders["increment"] / name
    header = 72 + len(name)
    places = {**HEADER, "length of a frame": header + 3, "ciphertext": header + 6, "tag": -3}
    if region == "name":
        places["name"] = 72
    flip(path, places[region])
    (problem,) = problems(system, folders["increment"])
    assert name in problem


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_that_was_cut_is_found_wherever_the_cut_is(
    system: System, folders: dict[str, Path], name: str
) -> None:
    path = folders["increment"] / name
    data = path.read_bytes()
    header = 72 + len(name)
    for end in (0, 8, header - 1, header, header + 2, header + 4, header + 9, len(data) - 17, len(data) - 1):
        path.write_bytes(data[:end])
        (problem,) = problems(system, folders["increment"])
        assert name in problem, end
    path.write_bytes(data + b"\0")
    assert len(problems(system, folders["increment"])) == 1


def test_objects_that_change_places_are_found(system: System, folders: dict[str, Path]) -> None:
    one, other = (folders["increment"] / name for name in OBJECTS[3:])
    one.rename(one.with_suffix(".x"))
    other.rename(one)
    one.with_suffix(".x").rename(other)
    assert len(problems(system, folders["increment"])) == 2


def test_an_object_of_an_older_backup_is_not_taken_for_the_present_one(
    system: System, folders: dict[str, Path]
) -> None:
    shutil.copy(folders["full"] / "rows/000001-0000", folders["increment"] / "rows/000001-0000")
    (problem,) = problems(system, folders["increment"])
    assert "belongs to another backup" in problem


@pytest.mark.parametrize("name", OBJECTS)
def test_a_missing_object_is_named(system: System, folders: dict[str, Path], name: str) -> None:
    (folders["increment"] / name).unlink()
    (problem,) = problems(system, folders["increment"])
    assert name in problem
    assert "not there" in problem


@pytest.mark.parametrize("name", ["manifest.jsonl", "keys.json"])
def test_an_edited_manifest_or_key_file_is_refused(system: System, folders: dict[str, Path], name: str) -> None:
    path = folders["increment"] / name
    path.write_bytes(path.read_bytes().replace(b"1", b"2", 1))
    with pytest.raises(IntegrityError, match=name):
        problems(system, folders["increment"])


def test_a_chain_without_its_parent_or_with_another_one_is_refused(system: System, folders: dict[str, Path]) -> None:
    place, increment = BackupPlace.of(system), folders["increment"].name
    assert [backup.manifest.kind for backup in open_chain(place, increment).backups] == ["full", "incremental"]
    manifest = folders["full"] / "manifest.jsonl"
    manifest.rename(manifest.with_suffix(".away"))
    with pytest.raises(IntegrityError, match="is not in store local any more"):
        open_chain(place, increment)
    assert "cannot be built on" in write.write(system, BackupKind.INCREMENTAL).remark
