"""Rotation over real backups in two stores: what it changes and what it leaves."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from contract.format_case import FEWEST
from integration.databases import database
from integration.rotation_case import (
    STORES,
    TABLE,
    backups,
    digests,
    edit_keys,
    make_template,
    openers,
    outcomes,
    system_with,
    use,
)
from sereno.backup import keys, read_back, write
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.backup.rotation import Outcome, rotate
from sereno.errors import ConfigurationError, MissingSecretError, WrongPassphraseError


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


def test_every_backup_in_every_store_opens_with_the_new_passphrase_alone(source: str, home: Path) -> None:
    system = system_with(source, passphrase="NEW", previous=("OLD",))
    before = digests(home, of_keys=False)
    rotations = rotate(system, live=True)
    assert [(each.store, each.backup, each.outcome) for each in rotations] == [
        (store, backup, Outcome.ROTATED) for store in STORES for backup in backups(home)
    ]
    assert set(map(tuple, openers(system).values())) == {("NEW",)}
    assert digests(home, of_keys=False) == before, "more than the key files was touched"
    newest = backups(home)[-1]
    assert read_back.verify(system_with(source, passphrase="NEW"), newest).problems == ()
    with pytest.raises(WrongPassphraseError):
        read_back.verify(system_with(source, passphrase="OLD"), newest)
    assert write.write(system_with(source, passphrase="NEW"), BackupKind.INCREMENTAL).manifest.parent


def test_a_dry_run_changes_nothing_and_says_what_it_would_do(source: str, home: Path) -> None:
    before = digests(home, of_keys=True)
    rotations = rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=False)
    assert outcomes(rotations) == [Outcome.DUE] * 4
    assert all(each.plan and each.plan.added == ("passphrase",) and len(each.plan.dropped) == 1 for each in rotations)
    assert digests(home, of_keys=True) == before


def test_a_second_rotation_finds_everything_right_and_writes_nothing(source: str, home: Path) -> None:
    system = system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY")
    assert outcomes(rotate(system, live=True)) == [Outcome.ROTATED] * 4
    before = digests(home, of_keys=True)
    assert outcomes(rotate(system, live=True)) == [Outcome.RIGHT] * 4
    assert digests(home, of_keys=True) == before


def test_an_increment_rests_on_a_backup_that_opens_with_the_passphrase_before(source: str, home: Path) -> None:
    system = system_with(source, passphrase="NEW", previous=("OLD",))
    increment = write.write(system, BackupKind.INCREMENTAL)
    assert increment.manifest.parent
    assert openers(system)["local", increment.id] == ["NEW"]
    assert read_back.verify(system, increment.id).problems == ()


def test_rotating_back_and_forth_gives_a_new_revision_each_time(source: str, home: Path, full: str) -> None:
    for passphrase, previous in (("NEW", "OLD"), ("OLD", "NEW"), ("NEW", "OLD")):
        rotate(system_with(source, passphrase=passphrase, previous=(previous,)), live=True)
    place = BackupPlace.of(system_with(source, passphrase="NEW"))
    assert place.key_file(full).revision == 4


def test_an_old_key_file_put_back_opens_with_the_old_passphrase_as_the_runbook_warns(
    source: str, home: Path, full: str
) -> None:
    path = home / "local" / "awkward" / full / "keys.json"
    old = path.read_bytes()
    rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    path.write_bytes(old)
    assert read_back.verify(system_with(source, passphrase="OLD"), full).problems == ()
    with pytest.raises(WrongPassphraseError):
        read_back.verify(system_with(source, passphrase="NEW"), full)


def test_a_recovery_slot_comes_and_goes_as_the_system_s_file_says(source: str, home: Path) -> None:
    with_recovery = system_with(source, passphrase="OLD", recovery="RECOVERY")
    rotate(with_recovery, live=True)
    assert set(map(tuple, openers(with_recovery).values())) == {("OLD", "RECOVERY")}
    rotate(system_with(source, passphrase="OLD"), live=True)
    assert set(map(tuple, openers(with_recovery).values())) == {("OLD",)}


def test_where_the_recovery_passphrase_is_not_to_be_had_its_slots_stay_and_none_are_made(
    source: str, home: Path, full: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rotate(system_with(source, passphrase="OLD", recovery="RECOVERY"), live=True)
    edit_keys(home, full, lambda said: said["slots"].pop(1))
    monkeypatch.delenv("RECOVERY")
    system = system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY")
    bare, *others = rotate(system, live=True)
    assert outcomes((bare, *others)) == [Outcome.ROTATED] * 4
    assert bare.plan
    assert "RECOVERY} is not set" in bare.plan.lacking
    assert all(each.plan and each.plan.unproven and not each.plan.lacking for each in others)
    found = openers(system)
    assert found.pop(("local", full)) == ["NEW"]
    assert set(map(tuple, found.values())) == {("NEW", "RECOVERY")}


def test_a_system_whose_passphrases_contradict_one_another_is_refused_before_anything_is_touched(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = digests(home, of_keys=True)
    with pytest.raises(ConfigurationError, match=r"previous_passphrases\[1\] is the same as backup.passphrase"):
        rotate(system_with(source, passphrase="NEW", previous=("OLD", "NEW")), live=True)
    with pytest.raises(ConfigurationError, match="recovery_passphrase is the same"):
        rotate(system_with(source, passphrase="OLD", recovery="OLD"), live=True)
    monkeypatch.delenv("NEW")
    with pytest.raises(MissingSecretError, match="NEW"):
        rotate(system_with(source, passphrase="NEW", previous=("OLD",)), live=True)
    assert digests(home, of_keys=True) == before


def test_a_slot_with_fewer_iterations_than_today_is_made_anew(
    source: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keys, "ITERATIONS", FEWEST + 1)
    system = system_with(source, passphrase="OLD")
    assert outcomes(rotate(system, live=True)) == [Outcome.ROTATED] * 4
    assert {slot.iterations for slot in BackupPlace.of(system).key_file(backups(home)[0]).slots} == {FEWEST + 1}
