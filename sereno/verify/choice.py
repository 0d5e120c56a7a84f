"""Which backups are read this time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from sereno.backup.manifest import LINKS
from sereno.verify.inventory import StoredBackup

_NEVER = datetime.min.replace(tzinfo=UTC)


def chosen(backups: Sequence[StoredBackup], *, share_percent: int) -> tuple[StoredBackup, ...]:
    """The backups of one store to read now, oldest first.

    They are the share that was not read for the longest time, never read first, so that everything has been read after
    100 / share runs. In any case the newest backup that everything can be restored from is among them, and each one
    that was damaged when it was last read: it stays a finding until it is mended or gone. And whatever a chosen
    increment rests on is chosen too.

    Args:
        backups: the complete backups of one store, oldest first.
        share_percent: 1 to 100.
    """
    quota = -(-len(backups) * share_percent // 100)
    due = sorted(backups, key=lambda backup: (backup.read_at or _NEVER, backup.id))[:quota]
    always = [backup for backup in backups if backup.damaged]
    links = [backup for backup in backups if backup.kind in LINKS]
    wanted = {each.id for backup in (*due, *always, *links[-1:]) for each in chain_of(backup, backups)}
    return tuple(backup for backup in backups if backup.id in wanted)


def chain_of(backup: StoredBackup, backups: Sequence[StoredBackup]) -> Iterator[StoredBackup]:
    """`backup` and what it rests on, as far as that is there."""
    known = {each.id: each for each in backups}
    here: StoredBackup | None = backup
    while here:
        yield known.pop(here.id)
        here = known.get(here.parent) if here.parent else None
