"""Deleting what a plan says: children before parents, the manifest first, and one failure hides none of the others.

A backup that lost its manifest is no backup any more; what is left of it when a run is killed goes as a leftover. A
backup stays as long as anything that rests on it could not be deleted, and a copy as long as the original is there.
"""

from __future__ import annotations

from dataclasses import dataclass

from sereno.backup.inventory import Leftover
from sereno.backup.keep import DatedBackup
from sereno.backup.lineage import Lineage
from sereno.backup.manifest_file import MANIFEST_NAME
from sereno.backup.place import BackupPlace
from sereno.backup.prune_plan import Prunable, PrunePlan, StorePlan
from sereno.errors import StorageError, StoreUnavailableError
from sereno.progress import Meter, Progress, silent
from sereno.systems.model import System


@dataclass(frozen=True, slots=True)
class StoreOutcome:
    """What was deleted from one store; one sentence for each thing that was not."""

    store: str
    deleted: tuple[Prunable, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def freed_bytes(self) -> int:
        """What the deleted objects took."""
        return sum(each.stored_bytes for each in self.deleted)


def prune(system: System, plan: PrunePlan, *, progress: Progress = silent) -> tuple[StoreOutcome, ...]:
    """Delete what `plan` says, and nothing else. Safe to repeat: what is gone already counts as deleted.

    To be called while nobody writes or reads backups of the system.

    Args:
        system: the system.
        plan: what goes, made under the same exclusion.
        progress: told of deleted backups and leftovers.
    """
    outcomes: list[StoreOutcome] = []
    meter = Meter(sum(len(each.going) for each in plan.stores), progress)
    originals: set[str] = set()
    for chosen in plan.stores:
        work = _Work(BackupPlace.of(system, store=chosen.store), chosen, meter, staying={*originals})
        outcomes.append(work.carried_out())
        originals = work.staying if chosen is plan.stores[0] else originals
    return tuple(outcomes)


@dataclass
class _Work:
    """Deleting from one store. `staying` are backups that must not be deleted; each failure adds to them."""

    place: BackupPlace
    plan: StorePlan
    meter: Meter
    staying: set[str]

    def carried_out(self) -> StoreOutcome:
        deleted: list[Prunable] = []
        problems: list[str] = []
        lineage = Lineage([entry.backup for entry in self.plan.entries])
        for each in self.plan.going:
            try:
                self._delete(each)
            except StorageError as error:
                problems.append(str(error))
                if isinstance(each, DatedBackup):
                    self.staying |= {each.id, *(parent.id for parent in lineage.ancestors(each))}
                if isinstance(error, StoreUnavailableError):
                    self.staying |= {other.id for other in self.plan.going} - {other.id for other in deleted}
                    problems.append("the rest was not tried")
                    break
            else:
                deleted.append(each)
                self.meter.add(1, each.id)
        return StoreOutcome(self.plan.store, tuple(deleted), tuple(problems))

    def _delete(self, each: Prunable) -> None:
        if each.id in self.staying:
            raise StorageError(f"{each.id} was left: what rests on it, or what it is a copy of, could not be deleted")
        folder = self.place.folder(each.id)
        if isinstance(each, Leftover) and self.place.store.exists(f"{folder}/{MANIFEST_NAME}"):
            raise StorageError(f"{each.id} was left: it has become a backup since it was looked at")
        try:
            self.place.store.delete_folder(folder, first=MANIFEST_NAME)
        except StorageError:
            if any(self.place.store.files(folder)):
                raise
