"""Clearing what dead runs left: only this installation's, and only under the lock that a live run would hold."""

from __future__ import annotations

import json

from sereno.backup.place import BackupPlace
from sereno.backup.write import OWNER_NAME
from sereno.errors import StorageError
from sereno.installation import installation_id
from sereno.settings import load_settings
from sereno.systems.model import System

_OWNER_AT_MOST_BYTES = 4096


def clear_leftovers(system: System) -> list[str]:
    """Delete unfinished backups of runs that are proven dead; their ids.

    To be called while holding the exclusion of `backup` for this system: then no run of this installation is alive,
    and whatever it began and did not finish is dead. Folders of other installations are left alone.
    """
    settings = load_settings()
    place = BackupPlace.of(system, settings)
    ours = installation_id(settings)
    dead = [name for name in place.unfinished() if _owner(place, name) == ours]
    for name in dead:
        place.store.delete_folder(f"{place.system}/{name}")
    return dead


def _owner(place: BackupPlace, name: str) -> str | None:
    try:
        data = place.store.read(f"{place.system}/{name}/{OWNER_NAME}", at_most=_OWNER_AT_MOST_BYTES)
        owner = json.loads(data)
    except (StorageError, ValueError):
        return None
    return owner.get("installation") if isinstance(owner, dict) else None
