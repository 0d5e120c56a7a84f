"""What rests on what, by what manifests say: they are not authenticated here, so anything may stand in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sereno.backup.keep import DatedBackup
from sereno.backup.manifest import BackupKind


class Lineage:
    """The parents of each of some backups."""

    def __init__(self, backups: Sequence[DatedBackup]) -> None:
        """Look up parents among `backups`."""
        self._by_id = {backup.id: backup for backup in backups}
        self._ancestors = {backup.id: self._walk(backup) for backup in backups}

    def ancestors(self, backup: DatedBackup) -> tuple[DatedBackup, ...]:
        """What the backup rests on as far as it is there, the nearest first."""
        return self._ancestors[backup.id]

    def root(self, backup: DatedBackup) -> str:
        """The id of the oldest backup that is there of those it rests on, or its own."""
        return (backup, *self.ancestors(backup))[-1].id

    def missing(self, backup: DatedBackup) -> str:
        """What the backup rests on and is not there; empty when its whole chain is."""
        oldest = (backup, *self.ancestors(backup))[-1]
        if oldest.parent:
            return oldest.parent
        return "a full backup" if oldest.kind is BackupKind.INCREMENTAL else ""

    def touched(self, backup: DatedBackup, damaged: Collection[str]) -> bool:
        """Whether the backup, or anything that it rests on, is among the ids `damaged`."""
        return any(each.id in damaged for each in (backup, *self.ancestors(backup)))

    def _walk(self, backup: DatedBackup) -> tuple[DatedBackup, ...]:
        found: dict[str, DatedBackup] = {}
        here = backup
        while here.parent in self._by_id and here.parent not in {backup.id, *found}:
            here = self._by_id[here.parent]
            found[here.id] = here
        return tuple(found.values())
