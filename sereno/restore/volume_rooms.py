"""Where volumes are unpacked, and how they come from there to where they belong.

A volume is unpacked beside its place, proven there, and renamed. What was in its place is exchanged with it in one step
and kept under another name, so that whatever dies in the middle leaves a whole directory under the volume's path.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sereno.errors import RefusedError, StorageError
from sereno.installation import installation_id
from sereno.reports.model import Finding
from sereno.restore.chosen import PlannedVolume, RestorePlan
from sereno.restore.target import scratch_folder
from sereno.settings import Settings, load_settings
from sereno.systems.model import System
from sereno.volumes.trees import delete_tree, exchange

_USE = "volumes"


@dataclass(frozen=True)
class VolumeRoom:
    """Where a volume is unpacked, and the folder that it becomes; None when it is only looked at."""

    volume: PlannedVolume
    side: Path

    @property
    def name(self) -> str:
        """The volume's."""
        return self.volume.name


def require_place(volume: PlannedVolume) -> None:
    """Refuse a place that a directory cannot be renamed to.

    Raises:
        RefusedError: it is a mount point, or something is in a folder that has to be empty, or nobody may write there.
    """
    folder = volume.folder
    if folder is None:
        return
    if not folder.parent.is_dir():
        raise RefusedError(f"volume {volume.name} cannot go to {folder}: there is no folder {folder.parent}")
    if not os.access(folder.parent, os.W_OK | os.X_OK):
        raise RefusedError(f"volume {volume.name} cannot go to {folder}: this process may not write to {folder.parent}")
    if os.path.ismount(folder):
        raise RefusedError(
            f"volume {volume.name} is a mount point, {folder}, which cannot be renamed; restore it to a target with a "
            "volumes_folder, or with `sereno backups export`, and copy it by hand"
        )
    if os.path.lexists(folder) and (not folder.is_dir() or (not volume.replaces and any(folder.iterdir()))):
        raise RefusedError(f"volume {volume.name} cannot go to {folder}: it is there and is not an empty folder")


def make_rooms(system: System, plan: RestorePlan, *, use: str = "") -> tuple[VolumeRoom, ...]:
    """Choose where each volume of the plan is unpacked; what dead runs left there is deleted.

    To be called while holding the exclusion of the job.

    Args:
        system: whose volumes.
        plan: what is restored.
        use: tells apart the scratch folders of several jobs.
    """
    settings = load_settings()
    with _explained("making room for volumes"):
        drop_scratch_rooms(system, use=use)
        return tuple(_room(system, volume, settings, use=use) for volume in plan.volumes)


def drop_rooms(system: System, rooms: Sequence[VolumeRoom], *, use: str = "") -> None:
    """Delete what was unpacked and is not in place."""
    with _explained("deleting unpacked volumes"):
        for room in rooms:
            delete_tree(room.side)
        drop_scratch_rooms(system, use=use)


def drop_scratch_rooms(system: System, *, use: str = "") -> None:
    """Delete the folder in which volumes are only looked at."""
    delete_tree(_scratch(system, load_settings(), use=use))


def put_volumes_in_place(rooms: Sequence[VolumeRoom], *, now: datetime | None = None) -> tuple[Finding, ...]:
    """Rename each proven volume to the folder that it becomes; what was there is kept.

    One that cannot be renamed is a finding, and its folder is as it was.
    """
    os.sync()
    stamp = f"{now or datetime.now(UTC):%Y%m%dt%H%M%Sz}"
    return tuple(_placed(room, room.volume.folder, stamp) for room in rooms if room.volume.folder)


def _placed(room: VolumeRoom, folder: Path, stamp: str) -> Finding:
    name = f"volume {room.name} is in place"
    try:
        kept = _put(room.side, folder, stamp) if room.volume.replaces and folder.exists() else None
        if kept is None:
            room.side.rename(folder)
    except OSError as error:
        return Finding(name=name, passed=False, evidence=f"{folder} is as it was: {error.strerror}")
    if kept is None:
        return Finding(name=name, passed=True, evidence=str(folder))
    here, old, undone = (shlex.quote(str(path)) for path in (folder, kept, folder.with_name(f"{folder.name}_undone")))
    evidence = (
        f"{folder}; what was there is kept as {kept}; to go back: mv -T {here} {undone} && mv -T {old} {here}; "
        f"to delete it: rm -r {old}"
    )
    return Finding(name=name, passed=True, evidence=evidence)


def _put(side: Path, folder: Path, stamp: str) -> Path:
    """Exchange `side` and `folder`; the path of what was in the folder.

    For a moment the old directory or the new one has a name that nobody clears up after: what a run that is killed
    here leaves may be the only copy of something.

    Raises:
        OSError: the folder is as it was.
    """
    new, kept = (folder.with_name(f"{folder.name}_{word}_{stamp}") for word in ("restored", "before"))
    side.rename(new)
    try:
        exchanged = exchange(new, folder)
        if not exchanged:
            folder.rename(kept)
    except OSError:
        new.rename(side)
        raise
    if exchanged:
        with suppress(OSError):  # then it keeps the name that it has
            return new.rename(kept)
        return new
    try:
        new.rename(folder)
    except OSError:
        kept.rename(folder)
        new.rename(side)
        raise
    return kept


def _room(system: System, volume: PlannedVolume, settings: Settings, *, use: str) -> VolumeRoom:
    if volume.folder is None:
        folder = _scratch(system, settings, use=use)
        folder.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        folder.mkdir(mode=0o700, exist_ok=True)
        return VolumeRoom(volume, folder / volume.name)
    known = f"{installation_id(settings)} {system.name} {volume.name}"
    prefix = f".{volume.name}.sereno-{hashlib.sha256(known.encode()).hexdigest()[:12]}-"
    for left in volume.folder.parent.iterdir():
        if left.name.startswith(prefix):
            delete_tree(left)
    return VolumeRoom(volume, volume.folder.with_name(prefix + secrets.token_hex(4)))


def _scratch(system: System, settings: Settings, *, use: str) -> Path:
    return scratch_folder(system, settings, use=f"{use}.{_USE}".lstrip("."))


@contextmanager
def _explained(doing: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(f"{doing}: {error.filename}: {error.strerror}") from error
