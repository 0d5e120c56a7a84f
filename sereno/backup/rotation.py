"""Rotation: every backup in every store gets the key slots that the system's file asks for, and loses all others.

Only `keys.json` is replaced, whole, after its new bytes were proven to open; no data and no manifest is touched. So a
rotation can end anywhere: each backup opens with the present passphrase or with one before it, and the next rotation
goes on with those that are left.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from sereno.backup.keys import KEYS_AT_MOST_BYTES, KEYS_NAME, DataKey, KeyFile
from sereno.backup.manifest_file import MANIFEST_NAME
from sereno.backup.passphrases import Passphrases
from sereno.backup.place import BackupPlace
from sereno.backup.slot_plan import SlotPlan, WantedSlots, plan_slots
from sereno.errors import IntegrityError, SerenoError
from sereno.progress import Progress, silent
from sereno.systems.model import System

_THREADS = 4  # deriving keys lets other threads run


class Outcome(StrEnum):
    """What became of the key slots of a backup."""

    RIGHT = "already right"
    DUE = "would be rotated"
    ROTATED = "rotated"
    FAILED = "failed"


@dataclass(frozen=True)
class KeyRotation:
    """One backup in one store; or a store that cannot be listed, when `backup` is empty."""

    store: str
    backup: str
    outcome: Outcome
    plan: SlotPlan | None = None
    problem: str = ""


def rotate(system: System, *, live: bool, progress: Progress = silent) -> tuple[KeyRotation, ...]:
    """Give every backup the slots that it should have; one that fails does not stop the others.

    To be called while holding the exclusion of `backup` and `prune`.

    Args:
        system: the system.
        live: False only shows what would be done.
        progress: told of backups.

    Raises:
        ConfigurationError: the system has no section `backup`, or its passphrases contradict one another.
        MissingSecretError: the present passphrase is not to be had here.
    """
    places = BackupPlace.all_of(system)
    wanted = WantedSlots.of(Passphrases.of(places[0].section))
    listed = [_listed(place) for place in places]
    count = _Count(sum(len(names) for names, _ in listed), progress)
    rotations: list[KeyRotation] = []
    with ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="rotate") as pool:
        for place, (names, problem) in zip(places, listed, strict=True):
            if problem:
                rotations.append(KeyRotation(place.store.name, "", Outcome.FAILED, problem=problem))
            rotations += pool.map(partial(_rotated, place, wanted=wanted, live=live, count=count), names)
    return tuple(rotations)


def _listed(place: BackupPlace) -> tuple[Sequence[str], str]:
    """The backups of a store, or why they cannot be listed."""
    try:
        return place.with_keys(), ""
    except SerenoError as error:
        return (), str(error)


def _rotated(place: BackupPlace, backup: str, *, wanted: WantedSlots, live: bool, count: _Count) -> KeyRotation:
    made = partial(KeyRotation, place.store.name, backup)
    try:
        keys, key = place.key_file(backup), _data_key(place, backup)
        plan = plan_slots(keys, wanted)
        if plan.changes_nothing:
            return made(Outcome.RIGHT, plan)
        if live:
            _replace(place, backup, old=keys, new=plan.carried_out(key, wanted))
        return made(Outcome.ROTATED if live else Outcome.DUE, plan)
    except SerenoError as error:
        return made(Outcome.FAILED, problem=str(error))
    finally:
        count.done(backup)


def _data_key(place: BackupPlace, backup: str) -> DataKey:
    """The data key, proven to be that of the backup wherever there is a manifest that can prove it."""
    complete = place.store.exists(f"{place.folder(backup)}/{MANIFEST_NAME}")
    return place.open(backup).key if complete else place.data_key(backup)


def _replace(place: BackupPlace, backup: str, *, old: KeyFile, new: KeyFile) -> None:
    """Put the new key file where the old one is, and read it again; the old one comes back if that is not the same.

    Raises:
        StorageError: the store does not take it.
        IntegrityError: the store does not give back what it took.
    """
    path, data = f"{place.folder(backup)}/{KEYS_NAME}", new.to_bytes()
    place.store.replace(path, data)
    if place.store.read(path, at_most=KEYS_AT_MOST_BYTES) != data:
        place.store.replace(path, old.to_bytes())
        raise IntegrityError(f"{path} was not what was written when it was read again, and the old one was put back")


class _Count:
    """Tells how many backups are done, from several threads."""

    def __init__(self, total: int, progress: Progress) -> None:
        self._total, self._done, self._progress, self._lock = total, 0, progress, threading.Lock()

    def done(self, backup: str) -> None:
        with self._lock:
            self._done += 1
            self._progress(done=self._done, total=self._total, what=backup)
