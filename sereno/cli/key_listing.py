"""`sereno keys list`: the key slots of every backup in every store, and which passphrase opens each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Any

from sereno.backup.keys import KeyFile, KeySlot
from sereno.backup.passphrases import Passphrases, Role
from sereno.backup.place import BackupPlace
from sereno.cli.failures import complain
from sereno.cli.output import print_json, print_table, print_text
from sereno.errors import EXIT_DONE, EXIT_FAILED, SerenoError
from sereno.reports.build import human_count
from sereno.systems.loader import load_system

NONE_KNOWN = "none known"
_COLUMNS = ("store", "backup", "key file", "slot", "iterations", "opens with")
_NUMBERS = ("key file", "iterations")
_THREADS = 4  # deriving keys lets other threads run


@dataclass(frozen=True)
class _Listed:
    """The key slots of a backup with what opens each, or why they cannot be read."""

    store: str
    backup: str
    revision: int = 0
    slots: tuple[tuple[KeySlot, Role | None], ...] = ()
    problem: str = ""

    @property
    def openers(self) -> set[Role | None]:
        """The roles of the passphrases that open it."""
        return {role for _, role in self.slots}


def print_keys(name: str, *, as_json: bool) -> int:
    """Print the key slots of all backups of the system `name`.

    What cannot be read is complained about and hides nothing else; the exit code is 1 then.

    Raises:
        ConfigurationError: there is no such system, or it has no backups configured.
    """
    system = load_system(name)
    listed = [each for place in BackupPlace.all_of(system) for each in _in_store(place)]
    if as_json:
        print_json({"schema": "sereno.keys/1", "system": system.name, "backups": [_as_data(each) for each in listed]})
    else:
        print_text(_answer(system.name, listed))
        if listed:
            print_text("")
            print_table(_COLUMNS, [row for each in listed for row in _rows(each)], numbers=_NUMBERS)
    problems = [each for each in listed if each.problem]
    for each in problems:
        complain(f"store {each.store}: {each.problem}")
    return EXIT_FAILED if problems else EXIT_DONE


def _in_store(place: BackupPlace) -> list[_Listed]:
    try:
        backups = place.with_keys()
    except SerenoError as error:
        return [_Listed(place.store.name, "", problem=str(error))]
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="keys") as pool:
        return list(pool.map(partial(_listed, place), backups))


def _listed(place: BackupPlace, backup: str) -> _Listed:
    passphrases = Passphrases.of(place.section)
    try:
        keys = place.key_file(backup)
    except SerenoError as error:
        return _Listed(place.store.name, backup, problem=str(error))
    slots = tuple((slot, passphrases.opener(keys, slot)) for slot in keys.slots)
    return _Listed(place.store.name, backup, keys.revision, slots, problem=_damage(keys, backup))


def _damage(keys: KeyFile, backup: str) -> str:
    damaged = [repr(slot.label) for slot in keys.slots if not keys.is_intact(slot)]
    return f"the key slot {', '.join(damaged)} of {backup} is damaged" if damaged else ""


def _answer(system: str, listed: Iterable[_Listed]) -> str:
    backups = [each for each in listed if each.backup]
    if not backups:
        return f"{system} has no backups yet"
    current = sum(1 for each in backups if Role.CURRENT in each.openers)
    shut = sum(1 for each in backups if each.openers <= {None})
    return f"{current:,} of {human_count(len(backups), 'backup')} of {system} open with the present passphrase" + (
        f"; nothing that is known here opens {shut:,}" if shut else ""
    )


def _rows(listed: _Listed) -> Iterator[tuple[str, ...]]:
    for slot, role in listed.slots:
        opener = role.value if role else NONE_KNOWN
        yield listed.store, listed.backup, str(listed.revision), slot.label, f"{slot.iterations:,}", opener


def _as_data(listed: _Listed) -> dict[str, Any]:
    return {
        "store": listed.store,
        "id": listed.backup,
        "revision": listed.revision,
        "slots": [
            {"label": slot.label, "iterations": slot.iterations, "opens_with": role.value if role else None}
            for slot, role in listed.slots
        ],
        "problem": listed.problem or None,
    }
