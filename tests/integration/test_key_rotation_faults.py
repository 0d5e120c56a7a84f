"""Rotation that is killed, refused, lied to or handed damage: each backup still opens, and the others are rotated."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import database
from integration.rotation_case import (
    SECRETS,
    TABLE,
    backups,
    edit_keys,
    make_template,
    openers,
    outcomes,
    system_with,
    use,
)
from killed import kill_me, killed_by_itself
from sereno.backup import copies, keys, read_back
from sereno.backup.keys import KeyFile
from sereno.backup.place import BackupPlace
from sereno.backup.rotation import Outcome, rotate
from sereno.stores import FolderStore


@pytest.fixture(scope="module")
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLE) as url:
        yield url


@pytest.fixture(scope="module")
def template(source: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_template(tmp_path_factory.mktemp("home"), source)


@pytest.fixture
def home(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    use(tmp_path, monkeypatch)
    return tmp_path


@pytest.fixture
def full(home: Path) -> str:
    return backups(home)[0]


def test_a_backup_that_no_passphrase_opens_fails_alone_and_stays_as_it_is(source: str, home: Path, full: str) -> None:
    other = keys.DataKey.generate()
    stranger = KeyFile(identity=other.identity.hex(), slots=(other.wrap("nobody knows", label="passphrase"),))
    path = home / "local" / "awkward" / full / "keys.json"
    path.write_bytes(stranger.to_bytes())
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert outcomes(rotations) == [Outcome.FAILED, *[Outcome.ROTATED] * 3]
    assert "is intact, but no passphrase that is known here opens one" in rotations[0].problem
    assert path.read_bytes() == stranger.to_bytes()


def test_the_key_file_of_another_backup_is_not_made_to_look_right(source: str, home: Path, full: str) -> None:
    path = home / "local" / "awkward" / full / "keys.json"
    path.write_bytes((home / "local" / "awkward" / backups(home)[1] / "keys.json").read_bytes())
    before = path.read_bytes()
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert outcomes(rotations) == [Outcome.FAILED, *[Outcome.ROTATED] * 3]
    assert path.read_bytes() == before


def test_a_damaged_slot_fails_unless_another_one_opens(source: str, home: Path, full: str) -> None:
    rotate(system_with(source, passphrase="OLD", recovery="RECOVERY"), live=True)
    edit_keys(home, full, lambda said: said["slots"][0].update(nonce="AAAAAAAAAAAAAAAA"))
    edit_keys(home, full, lambda said: said["slots"].pop(1), store="vault")
    edit_keys(home, full, lambda said: said["slots"][0].update(nonce="AAAAAAAAAAAAAAAA"), store="vault")
    system = system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY")
    found = {(each.store, each.backup): each for each in rotate(system, live=True)}
    assert found["local", full].outcome is Outcome.ROTATED
    assert openers(system)["local", full] == ["NEW", "RECOVERY"]
    assert found["vault", full].outcome is Outcome.FAILED
    assert "the key slot 'passphrase' is not what was written" in found["vault", full].problem


def killed_after(source: str, replaced: int) -> bool:
    """Whether a rotation was killed when it had replaced so many key files."""
    rename, calls = os.rename, itertools.count()

    def counted(source: str, target: str) -> None:
        if next(calls) == replaced:
            kill_me()
        rename(source, target)

    def work() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "rename", counted)
            rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)

    return killed_by_itself(work)


@pytest.mark.parametrize("replaced", range(4))
def test_killed_between_writing_and_replacing_every_backup_still_opens_and_the_next_rotation_finishes(
    source: str, home: Path, replaced: int
) -> None:
    assert killed_after(source, replaced)
    system = system_with(source, passphrase="NEW", previous=("OLD",))
    found = list(openers(system).values())
    assert sorted(found) == sorted([["NEW"]] * replaced + [["OLD"]] * (4 - replaced))
    assert read_back.verify(system, "latest").problems == ()
    assert sorted(outcomes(rotate(system, live=True))) == sorted(
        [Outcome.RIGHT] * replaced + [Outcome.ROTATED] * (4 - replaced)
    )
    assert list(openers(system).values()) == [["NEW"]] * 4


def test_a_store_that_may_not_be_written_fails_alone(source: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make = tempfile.mkstemp

    def refusing(*args: Any, **kwargs: Any) -> Any:
        if "vault" in str(kwargs.get("dir")):
            raise OSError(30, "Read-only file system")
        return make(*args, **kwargs)

    monkeypatch.setattr(tempfile, "mkstemp", refusing)
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert outcomes(rotations) == [Outcome.ROTATED, Outcome.ROTATED, Outcome.FAILED, Outcome.FAILED]
    assert "the file system is read-only" in rotations[-1].problem
    monkeypatch.undo()


def test_a_store_that_is_not_there_is_one_failure(source: str, home: Path) -> None:
    shutil.rmtree(home / "vault")
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert outcomes(rotations) == [Outcome.ROTATED, Outcome.ROTATED, Outcome.FAILED]
    assert (rotations[-1].backup, "does not exist" in rotations[-1].problem) == ("", True)


def test_a_store_that_does_not_give_back_what_it_took_gets_the_old_key_file_again(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replace = FolderStore.replace
    before = openers(system_with(source, passphrase="OLD"))
    spoilt: list[tuple[str, str]] = []

    def spoiling(store: FolderStore, name: str, data: bytes) -> None:
        replace(store, name, data if (store.name, name) in spoilt else data[:-3])
        spoilt.append((store.name, name))

    monkeypatch.setattr(FolderStore, "replace", spoiling)
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert outcomes(rotations) == [Outcome.FAILED] * 4
    assert "the old one was put back" in rotations[0].problem
    assert openers(system_with(source, passphrase="OLD")) == before


def test_sixteen_slots_become_those_that_are_wanted_and_seventeen_are_damage(
    source: str, home: Path, full: str
) -> None:
    def to(number: int) -> Any:
        return lambda said: said.update(slots=[said["slots"][0]] * number)

    edit_keys(home, full, to(16))
    edit_keys(home, full, to(17), store="vault")
    system = system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY")
    found = {(each.store, each.backup): each for each in rotate(system, live=True)}
    assert len(BackupPlace.of(system).key_file(full).slots) == 2
    assert "is damaged" in found["vault", full].problem
    edit_keys(home, full, lambda said: said.update(slots=[said["slots"][0]] * 16))
    rotate(system, live=True)
    assert len(BackupPlace.of(system).key_file(full).slots) == 2, "copies of the right slot are dropped too"


def test_so_many_recovery_slots_that_no_other_finds_room_are_not_dropped_blindly(
    source: str, home: Path, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(system_with(source, passphrase="OLD", recovery="RECOVERY"), live=True)
    edit_keys(home, full, lambda said: said.update(slots=[said["slots"][1]] * 16))
    monkeypatch.delenv("RECOVERY")
    system = system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY")
    assert outcomes(rotate(system, live=True)) == [Outcome.FAILED, *[Outcome.ROTATED] * 3]
    monkeypatch.setenv("RECOVERY", SECRETS["RECOVERY"])
    assert outcomes(rotate(system, live=True)) == [Outcome.ROTATED, *[Outcome.RIGHT] * 3]
    assert openers(system)["local", full] == ["NEW", "RECOVERY"]


def test_a_backup_in_the_middle_of_being_written_is_rotated_as_soon_as_it_has_keys(
    source: str, home: Path, full: str
) -> None:
    folder = home / "vault" / "awkward" / backups(home)[1]
    (folder / "manifest.jsonl").unlink()
    begun = home / "local" / "awkward" / "20990101T000000Z-full-00000000"
    begun.mkdir()
    (begun / "owner.json").write_text("{}")
    system = system_with(source, passphrase="NEW", previous=("OLD",))
    assert outcomes(rotate(system, live=True)) == [Outcome.ROTATED] * 4
    assert [path.name for path in begun.iterdir()] == ["owner.json"]
    copies.copy_to_store(system, "vault")
    assert list(openers(system_with(source, passphrase="NEW")).values()) == [["NEW"]] * 4


def test_a_backup_that_lost_its_key_file_is_a_failure(source: str, home: Path, full: str) -> None:
    (home / "local" / "awkward" / full / "keys.json").unlink()
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert "keys.json is missing" in rotations[0].problem
    assert outcomes(rotations) == [Outcome.FAILED, *[Outcome.ROTATED] * 3]
