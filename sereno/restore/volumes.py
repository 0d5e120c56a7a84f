"""Unpacking volumes, and proving that what was unpacked is what was backed up."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sereno.backup.chain import Chain, open_chain
from sereno.backup.manifest import StoredObject
from sereno.backup.place import BackupPlace, OpenBackup
from sereno.backup.read_back import checked_frames
from sereno.backup.volumes import naming
from sereno.errors import SerenoError, StorageError
from sereno.progress import ByteMeter, Progress, silent
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.restore.chosen import RestorePlan
from sereno.restore.volume_rooms import VolumeRoom
from sereno.systems.model import System
from sereno.volumes.compare import differences
from sereno.volumes.pack import pack
from sereno.volumes.trees import delete_tree
from sereno.volumes.unpack import Unpacked, unpack

_MOST_SHOWN = 10


@dataclass(frozen=True)
class UnpackedVolume:
    """A volume in its room."""

    room: VolumeRoom
    done: Unpacked


def unpack_volumes(
    system: System, plan: RestorePlan, rooms: Sequence[VolumeRoom], *, progress: Progress = silent
) -> tuple[UnpackedVolume, ...]:
    """Unpack each volume into its room, from the newest backup that holds an archive of it.

    Raises:
        IntegrityError: an archive is not what was backed up.
        StorageError: a room cannot be written, such as on a full disk.
    """
    chain, meter = _chain(system, plan), _meter(rooms, progress)
    return tuple(_unpacked(chain, room, meter) for room in rooms)


def prove_volumes(
    system: System, plan: RestorePlan, unpacked: Sequence[UnpackedVolume], *, progress: Progress = silent
) -> tuple[Finding, ...]:
    """One finding for each volume: its directory, packed again, is the archive that was backed up, byte for byte.

    Where it is not, each place is compared with the archive, so that what differs is named. Owners that this process
    cannot give do not count, and are a finding of their own.
    """
    chain, meter = _chain(system, plan), _meter([volume.room for volume in unpacked], progress)
    return tuple(finding for volume in unpacked for finding in _findings(chain, volume, meter))


def _chain(system: System, plan: RestorePlan) -> Chain:
    return open_chain(BackupPlace.of(system, store=plan.store), plan.backup)


def _meter(rooms: Sequence[VolumeRoom], progress: Progress) -> ByteMeter:
    return ByteMeter(progress, total=sum(room.volume.entry.bytes for room in rooms), tables=())


def _unpacked(chain: Chain, room: VolumeRoom, meter: ByteMeter) -> UnpackedVolume:
    backup, entry = chain.volume(room.name)
    with naming(room.name):
        try:
            delete_tree(room.side)
        except OSError as error:
            raise StorageError(f"{room.side} cannot be deleted: {error.strerror}") from error
        done = unpack(
            checked_frames(backup, entry), room.side, unpacked=lambda size: meter.add(size, f"volume {room.name}")
        )
    return UnpackedVolume(room, done)


def _findings(chain: Chain, volume: UnpackedVolume, meter: ByteMeter) -> Iterator[Finding]:
    backup, entry = chain.volume(volume.room.name)
    name, others = volume.room.name, volume.done.others_owners
    yield _content(backup, entry, volume, meter)
    if others:
        evidence = (
            f"{human_count(others, 'place')} {'belongs' if others == 1 else 'belong'} to the user of this process "
            "instead, without set-user-id and set-group-id; a restore as root keeps owners"
        )
        yield Finding(name=f"owners in volume {name} are as they were", passed=False, required=False, evidence=evidence)
    if changed := volume.room.volume.entry.changed:
        evidence = f"{human_count(changed, 'file')} changed while being backed up; the report of that backup names them"
        statement = f"every file of volume {name} was backed up as it stood"
        yield Finding(name=statement, passed=False, required=False, evidence=evidence)


def _content(backup: OpenBackup, entry: StoredObject, volume: UnpackedVolume, meter: ByteMeter) -> Finding:
    name, files = f"content of volume {volume.room.name}", human_count(volume.done.files, "file")
    if _packed_again(volume, meter) == entry.plain_sha256:
        return Finding(name=name, passed=True, evidence=f"{files}, SHA-256 of {entry.plain_bytes:,} bytes equal")
    owners = not volume.done.others_owners
    found = differences(
        checked_frames(backup, entry), volume.room.side, owners=owners, compared=lambda size: meter.add(size, name)
    )
    shown = list(islice(found, _MOST_SHOWN))
    if not shown:
        without = "" if owners else ", without owners"
        return Finding(name=name, passed=True, evidence=f"{files}, SHA-256 of each equal{without}")
    more = sum(1 for _ in found)
    evidence = "; ".join([*shown, *([f"and {human_count(more)} more"] if more else [])])
    return Finding(name=name, passed=False, evidence=evidence)


def _packed_again(volume: UnpackedVolume, meter: ByteMeter) -> str:
    digest = hashlib.sha256()
    try:
        pack(volume.room.side, (), digest.update, packed=lambda size: meter.add(size, f"volume {volume.room.name}"))
    except SerenoError:
        return ""  # something in it cannot be read by this process: the comparison says what
    return digest.hexdigest()
