"""keys.json: every slot opens, damage is told from a wrong passphrase, and values out of bounds are refused."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest

from contract import reader_by_document as reader
from contract.format_case import FIRST, OTHER, PASSPHRASE, Backup, flipped


@pytest.mark.parametrize("wrong", ["", "wrong", PASSPHRASE + " ", PASSPHRASE.upper()])
def test_a_wrong_passphrase_is_refused(full: Backup, wrong: str) -> None:
    with pytest.raises(ValueError, match="wrong passphrase"):
        reader.unlock(full.folder, wrong)


@pytest.mark.parametrize("field", ["salt", "nonce", "wrapped", "label", "iterations"])
def test_a_changed_slot_is_told_from_a_wrong_passphrase(full: Backup, field: str) -> None:
    value = full.slot(0)[field]
    if field in ("salt", "nonce", "wrapped"):
        value = base64.b64encode(flipped(base64.b64decode(value), 5)).decode()
    else:
        value += 1 if field == "iterations" else "!"
    full.edit_slot(0, fits=False, **{field: value})
    with pytest.raises(ValueError, match="a slot is damaged"):
        reader.unlock(full.folder, PASSPHRASE)
    full.edit_slot(0, fits=True, **{field: value})
    with pytest.raises(ValueError, match="wrong passphrase"):
        reader.unlock(full.folder, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [
        {"iterations": 99_999},
        {"iterations": 10_000_001},
        {"kdf": "scrypt"},
        {"salt": base64.b64encode(bytes(15)).decode()},
        {"salt": base64.b64encode(bytes(65)).decode()},
        {"nonce": base64.b64encode(bytes(11)).decode()},
        {"wrapped": base64.b64encode(bytes(47)).decode()},
        {"label": ""},
        {"label": "x" * 101},
        {"label": "two\nlines"},
        {"label": "\x7f"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_values_out_of_bounds_are_refused_before_anything_is_derived(
    full: Backup, changes: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    full.edit_slot(0, fits=True, **changes)
    monkeypatch.setattr(reader, "pbkdf2_hmac", lambda *arguments: pytest.fail("a key was derived"))
    with pytest.raises(ValueError, match="a slot's"):
        reader.unlock(full.folder, PASSPHRASE)


@pytest.mark.parametrize(
    "changes",
    [{"slots": 0}, {"slots": 17}, {"format": "sereno-keys/2"}, {"padding": " " * 65_536}],
    ids=lambda changes: next(iter(changes)),
)
def test_keys_out_of_bounds_are_refused(full: Backup, changes: dict[str, Any]) -> None:
    keys = json.loads((full.folder / "keys.json").read_bytes())
    changed = keys | changes | {"slots": keys["slots"] * changes.get("slots", 1)}
    (full.folder / "keys.json").write_text(json.dumps(changed))
    with pytest.raises(ValueError, match=r"keys\.json"):
        reader.unlock(full.folder, PASSPHRASE)


def test_every_slot_opens(tmp_path: Path) -> None:
    backup = Backup(tmp_path / "two", passphrases=(PASSPHRASE, OTHER))
    backup.write(FIRST, b"1\n")
    for passphrase in (PASSPHRASE, OTHER):
        assert reader.read_object(backup.folder, reader.unlock(backup.folder, passphrase), FIRST) == b"1\n"
    backup.edit_slot(0, fits=False, nonce=base64.b64encode(bytes(12)).decode())
    assert reader.unlock(backup.folder, OTHER) == backup.keys
    with pytest.raises(ValueError, match="a slot is damaged"):
        reader.unlock(backup.folder, PASSPHRASE)
