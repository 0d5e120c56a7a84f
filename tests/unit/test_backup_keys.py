"""Data keys and key slots: a wrong passphrase and damage are told apart."""

from __future__ import annotations

import json
from typing import Any

import pytest

from sereno.backup.keys import DataKey, KeyFile, KeySlot
from sereno.errors import IntegrityError

FEW = 100_000


def key_file(key: DataKey, *passphrases: str) -> KeyFile:
    slots = tuple(key.wrap(text, label=f"slot {number}", iterations=FEW) for number, text in enumerate(passphrases))
    return KeyFile(identity=key.identity.hex(), slots=slots)


def test_each_passphrase_gives_the_same_key_after_a_trip_through_bytes() -> None:
    key = DataKey.generate()
    parsed = KeyFile.parse(key_file(key, "first", "second ünï").to_bytes(), where="keys.json")
    for slot, passphrase in zip(parsed.slots, ("first", "second ünï"), strict=True):
        opened = parsed.opened(slot, passphrase)
        assert opened is not None
        assert opened.same_as(key)
        assert opened.derive("x", length=32) == key.derive("x", length=32)
        assert parsed.opened(slot, "wrong") is None


def test_only_the_same_key_of_the_same_backup_is_the_same() -> None:
    key = DataKey(b"k" * 32, identity=b"i" * 16)
    assert key.same_as(DataKey(b"k" * 32, identity=b"i" * 16))
    assert not key.same_as(DataKey(b"l" * 32, identity=b"i" * 16))
    assert not key.same_as(DataKey(b"k" * 32, identity=b"j" * 16))


@pytest.mark.parametrize("field", ["salt", "nonce", "wrapped"])
def test_a_damaged_slot_is_not_intact_and_does_not_open(field: str) -> None:
    content = json.loads(key_file(DataKey.generate(), "right").to_bytes())
    text: str = content["slots"][0][field]
    content["slots"][0][field] = ("B" if text[0] == "A" else "A") + text[1:]
    damaged = KeyFile.parse(json.dumps(content).encode(), where="keys.json")
    assert not damaged.is_intact(damaged.slots[0])
    assert damaged.opened(damaged.slots[0], "right") is None


def test_a_slot_moved_to_another_backup_does_not_open_there() -> None:
    slot = key_file(DataKey.generate(), "right").slots[0]
    moved = KeyFile(identity="00" * 16, slots=(slot,))
    assert not moved.is_intact(slot)
    assert moved.opened(slot, "right") is None


@pytest.mark.parametrize(
    "change",
    [
        {"iterations": 1},
        {"iterations": 2_000_000_000},
        {"salt": ""},
        {"wrapped": "AAAA"},
        {"nonce": "!!"},
        {"kdf": "md5"},
        {"label": "two\nlines"},
        {"extra": 1},
    ],
)
def test_a_slot_out_of_bounds_is_refused_before_anything_is_derived(change: dict[str, Any]) -> None:
    content = json.loads(key_file(DataKey.generate(), "right").to_bytes())
    content["slots"][0].update(change)
    with pytest.raises(IntegrityError, match=r"keys\.json is damaged"):
        KeyFile.parse(json.dumps(content).encode(), where="keys.json")


@pytest.mark.parametrize("data", [b"", b"{}", b"\xff\xfe", b"[]", b"null"])
def test_a_file_that_is_no_key_file_is_refused(data: bytes) -> None:
    with pytest.raises(IntegrityError):
        KeyFile.parse(data, where="keys.json")


def test_a_key_never_prints_itself() -> None:
    key = DataKey(b"SECRETSECRETSECRETSECRETSECRET!!", identity=b"i" * 16)
    assert "SECRET" not in repr(key)
    assert b"SECRET".hex() not in repr(key)


def test_derived_keys_differ_by_purpose_and_by_backup() -> None:
    first, second = DataKey(b"k" * 32, identity=b"a" * 16), DataKey(b"k" * 32, identity=b"b" * 16)
    assert len({first.derive("x", length=32), first.derive("y", length=32), second.derive("x", length=32)}) == 3


def test_a_slot_keeps_its_checksum() -> None:
    file = key_file(DataKey.generate(), "right")
    slot: KeySlot = file.slots[0]
    assert slot.checksum == slot.expected_checksum(bytes.fromhex(file.identity))
