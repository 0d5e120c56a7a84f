"""A system with two stores and three passphrases, and backups of it whose keys are rotated."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.databases import system_of
from sereno.backup import copies, write
from sereno.backup.keys import KeyFile
from sereno.backup.manifest import BackupKind
from sereno.backup.place import BackupPlace
from sereno.backup.rotation import KeyRotation, Outcome
from sereno.systems.model import System

STORES = ("local", "vault")
SECRETS = {"OLD": "the passphrase of 2025", "NEW": "the passphrase of 2026", "RECOVERY": "what lies in the safe"}


def system_with(source: str, *, passphrase: str, previous: tuple[str, ...] = (), recovery: str = "") -> System:
    """The system whose file refers to these of the secrets."""
    said: dict[str, Any] = system_of(source).model_dump(mode="json")
    said["backup"] |= {
        "stores": [{"name": name, "folder": name} for name in STORES],
        "passphrase": f"${{{passphrase}}}",
        "previous_passphrases": [f"${{{name}}}" for name in previous],
        "recovery_passphrase": f"${{{recovery}}}" if recovery else None,
    }
    return System.model_validate(said)


def write_folder(system: System, systems: Path) -> None:
    """The system as a folder below `systems`."""
    (systems / system.name).mkdir(parents=True, exist_ok=True)
    said = {key: value for key, value in system.model_dump(mode="json").items() if value is not None}
    (systems / system.name / "system.yaml").write_text(yaml.safe_dump(said))


def openers(system: System) -> dict[tuple[str, str], list[str]]:
    """For each store and backup, what opens each slot."""
    found: dict[tuple[str, str], list[str]] = {}
    for place in BackupPlace.all_of(system):
        for backup in place.with_keys():
            keys = place.key_file(backup)
            found[place.store.name, backup] = [_opener(keys, number) for number in range(len(keys.slots))]
    return found


def _opener(keys: KeyFile, number: int) -> str:
    return next((name for name, text in SECRETS.items() if keys.opened(keys.slots[number], text)), "nothing")


def digests(home: Path, *, of_keys: bool) -> dict[str, str]:
    """The SHA-256 of every file in the stores that is a key file, or is none."""
    paths = (path for name in STORES for path in (home / name).rglob("*") if path.is_file())
    return {
        str(path.relative_to(home)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
        if (path.name == "keys.json") is of_keys
    }


def edit_keys(home: Path, backup: str, edit: Callable[[dict[str, Any]], None], *, store: str = "local") -> None:
    """Change what a key file says."""
    path = home / store / "awkward" / backup / "keys.json"
    said = json.loads(path.read_bytes())
    edit(said)
    path.write_text(json.dumps(said))


TABLE = "CREATE TABLE t (id int PRIMARY KEY, x text); INSERT INTO t SELECT i, 'x' FROM generate_series(1, 100) i"


def make_template(home: Path, source: str) -> Path:
    """Fill a home with a full backup and an increment, both under the old passphrase, and their copies."""
    with pytest.MonkeyPatch.context() as patch:
        use(home, patch)
        for name in STORES:
            (home / name).mkdir()
        system = system_with(source, passphrase="OLD")
        write.write(system)
        assert write.write(system, BackupKind.INCREMENTAL).manifest.parent
        copies.copy_to_store(system, "vault")
    return home


def use(home: Path, patch: pytest.MonkeyPatch) -> None:
    """Let what follows happen in `home`, with every secret to be had."""
    patch.setenv("SERENO_HOME", str(home))
    for name, text in SECRETS.items():
        patch.setenv(name, text)


def backups(home: Path) -> list[str]:
    """The ids of the backups, oldest first."""
    return sorted(path.name for path in (home / "local" / "awkward").iterdir())


def outcomes(rotations: Sequence[KeyRotation]) -> list[Outcome]:
    """What became of each."""
    return [rotation.outcome for rotation in rotations]
