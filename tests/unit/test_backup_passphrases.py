"""What opens a backup, in which order it is tried, and what a secret that is not here breaks."""

from __future__ import annotations

import json

import pytest

from sereno.backup import keys
from sereno.backup.keys import DataKey, KeyFile
from sereno.backup.passphrases import MAIN_SLOT, RECOVERY_SLOT, Passphrases, Role
from sereno.errors import ConfigurationError, IntegrityError, MissingSecretError, WrongPassphraseError
from sereno.systems.secrets import Secret
from sereno.systems.sections.backup import Backup

FEW = 100_000
NOW, OLD, OLDEST, RECOVERY = (Secret(f"${{{name}}}") for name in ("T_NOW", "T_OLD", "T_OLDEST", "T_RECOVERY"))
ALL = Passphrases(current=NOW, previous=(OLD, OLDEST), recovery=RECOVERY)
KEY = DataKey.generate()


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NOW", "OLD", "OLDEST", "RECOVERY"):
        monkeypatch.setenv(f"T_{name}", f"the passphrase {name}")


@pytest.fixture
def derived(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The passphrases from which keys were derived, each time that was."""
    tried: list[str] = []
    derive = keys._wrapping_key

    def noted(passphrase: str, salt: bytes, iterations: int) -> bytes:
        tried.append(passphrase.removeprefix("the passphrase "))
        return derive(passphrase, salt, iterations)

    monkeypatch.setattr(keys, "_wrapping_key", noted)
    return tried


def key_file(**slots: str) -> KeyFile:
    made = (KEY.wrap(f"the passphrase {name}", label=label, iterations=FEW) for label, name in slots.items())
    return KeyFile(identity=KEY.identity.hex(), slots=tuple(made))


BOTH = key_file(passphrase="NOW", recovery="RECOVERY")
BEFORE = key_file(passphrase="OLD", recovery="RECOVERY")
LONG_AGO = key_file(passphrase="OLDEST")
LOST = key_file(passphrase="gone", recovery="RECOVERY")
MISLABELLED = key_file(recovery="NOW")


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        (BOTH, ["NOW"]),
        (BEFORE, ["NOW", "OLD"]),
        (LONG_AGO, ["NOW", "OLD", "OLDEST"]),
        (LOST, ["NOW", "OLD", "OLDEST", "RECOVERY"]),
        (MISLABELLED, ["RECOVERY", "NOW"]),
    ],
    ids=["current", "previous", "the one before", "recovery", "a label that lies"],
)
def test_no_more_is_derived_than_it_takes(file: KeyFile, expected: list[str], derived: list[str]) -> None:
    assert ALL.unlock(file, where="keys.json").same_as(KEY)
    assert derived == expected


def test_secrets_that_are_not_here_break_nothing_as_long_as_the_passphrase_opens(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("T_OLD", "T_OLDEST", "T_RECOVERY"):
        monkeypatch.delenv(name)
    assert ALL.unlock(BOTH, where="keys.json").same_as(KEY)


def test_the_recovery_passphrase_opens_where_the_passphrase_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("T_NOW")
    assert ALL.unlock(LOST, where="keys.json").same_as(KEY)


def test_without_any_passphrase_the_present_one_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("T_NOW", "T_OLD", "T_OLDEST", "T_RECOVERY"):
        monkeypatch.delenv(name)
    with pytest.raises(MissingSecretError, match=r"\$\{T_NOW\} is not set"):
        ALL.unlock(BOTH, where="keys.json")


def test_a_wrong_passphrase_is_called_so_and_what_was_not_here_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(WrongPassphraseError, match="is intact, but the passphrase opens none of its 1 key slots"):
        Passphrases(current=NOW).unlock(LONG_AGO, where="keys.json")
    monkeypatch.delenv("T_OLDEST")
    with pytest.raises(
        WrongPassphraseError, match=r"no passphrase that is known here opens one.*\$\{T_OLDEST\} is not"
    ):
        ALL.unlock(LONG_AGO, where="keys.json")


@pytest.mark.parametrize("field", ["salt", "nonce", "wrapped"])
def test_damage_is_told_from_a_wrong_passphrase_and_hides_no_other_slot(field: str) -> None:
    content = json.loads(BOTH.to_bytes())
    text: str = content["slots"][0][field]
    content["slots"][0][field] = ("B" if text[0] == "A" else "A") + text[1:]
    damaged = KeyFile.parse(json.dumps(content).encode(), where="keys.json")
    assert ALL.unlock(damaged, where="keys.json").same_as(KEY), "the recovery slot is whole"
    with pytest.raises(IntegrityError, match="the key slot 'passphrase' is not what was written"):
        Passphrases(current=NOW).unlock(damaged, where="keys.json")


def test_each_slot_is_told_by_what_opens_it(monkeypatch: pytest.MonkeyPatch) -> None:
    file = key_file(passphrase="OLD", recovery="RECOVERY", other="gone", recover="NOW")
    assert [ALL.opener(file, slot) for slot in file.slots] == [Role.PREVIOUS, Role.RECOVERY, None, Role.CURRENT]
    monkeypatch.delenv("T_OLD")
    assert ALL.opener(file, file.slots[0]) is None


def test_a_new_backup_gets_a_slot_for_each_passphrase_that_it_should_open_with() -> None:
    assert Passphrases(current=NOW, previous=(OLD,)).for_new_backups() == {MAIN_SLOT: "the passphrase NOW"}
    assert list(ALL.for_new_backups()) == [MAIN_SLOT, RECOVERY_SLOT]


def test_no_backup_begins_without_its_recovery_passphrase(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("T_RECOVERY")
    with pytest.raises(MissingSecretError, match=r"\$\{T_RECOVERY\} is not set.*no backup is taken without"):
        ALL.for_new_backups()


def test_a_recovery_passphrase_that_is_the_passphrase_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="it recovers nothing"):
        Passphrases(current=NOW, recovery=NOW).for_new_backups()


def test_a_system_that_names_no_passphrase_uses_the_variable_of_the_runbook(monkeypatch: pytest.MonkeyPatch) -> None:
    section = Backup.model_validate({"stores": [{"name": "local", "folder": "backups"}]})
    monkeypatch.setenv("BACKUP_ENCRYPTION_KEY", "the passphrase of the runbook")
    assert Passphrases.of(section).for_new_backups() == {MAIN_SLOT: "the passphrase of the runbook"}
    monkeypatch.delenv("BACKUP_ENCRYPTION_KEY")
    with pytest.raises(MissingSecretError, match=r"BACKUP_ENCRYPTION_KEY\} is not set"):
        Passphrases.of(section).for_new_backups()
