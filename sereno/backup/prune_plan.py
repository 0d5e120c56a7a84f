"""What the job `prune` would do: the calendar of every store of a system, and what goes in this run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TypeAlias

from sereno.backup.inventory import Inventory, Leftover, take_inventory
from sereno.backup.keep import CalendarEntry, DatedBackup, KeepPolicy, Reason, Rule
from sereno.backup.place import BackupPlace
from sereno.backup.retention import calendar, deletion_order
from sereno.errors import RefusedError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import last_readings
from sereno.settings import load_settings
from sereno.systems.model import System

Prunable: TypeAlias = DatedBackup | Leftover

_ONLY_COPIES = "nothing is deleted here while the first store cannot be read: these copies may be all that is left"


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What stays and what goes in one store.

    `backups` and `leftovers` are what this run deletes; `waiting` says how many more have to go and are left for the
    next run. In the `damaged` ones something was wrong when they were last read. `young` counts folders without a
    manifest that may still become backups. With a `problem` nothing is known of the store, or nothing may be deleted.
    """

    store: str
    entries: tuple[CalendarEntry, ...] = ()
    unreadable: Mapping[str, str] = field(default_factory=dict)
    damaged: frozenset[str] = frozenset()
    backups: tuple[DatedBackup, ...] = ()
    leftovers: tuple[Leftover, ...] = ()
    waiting: int = 0
    young: int = 0
    problem: str = ""

    @property
    def staying(self) -> tuple[CalendarEntry, ...]:
        """The lines of the calendar that any rule asks for."""
        return tuple(entry for entry in self.entries if entry.stays)

    @property
    def going(self) -> tuple[Prunable, ...]:
        """What this run deletes, in this order."""
        return (*self.backups, *self.leftovers)


@dataclass(frozen=True, slots=True)
class PrunePlan:
    """What one run of `prune` does to all stores of a system; the first is the one to which backups are written."""

    system: str
    keep: KeepPolicy
    now: datetime
    stores: tuple[StorePlan, ...]


def plan_prune(system: System, *, max_delete: int = 100, now: datetime | None = None) -> PrunePlan:
    """Read what is there and apply the rules; nothing is changed.

    Args:
        system: the system.
        max_delete: how many backups and leftovers go in one run, over all stores.
        now: the moment at which the rules are applied; default: this one.

    Raises:
        ConfigurationError: the system has no backups, or BACKUP_RETENTION_DAYS holds no days.
        RefusedError: a hold names a backup that is nowhere.
    """
    settings = load_settings()
    keep, now = KeepPolicy.of(system, settings), now or datetime.now(UTC)
    found = [take_inventory(place) for place in BackupPlace.all_of(system, settings)]
    _require_held(system, keep, found)
    with open_ledger(settings) as ledger:
        readings = last_readings(ledger, system.name)
    plans: list[StorePlan] = []
    for inventory in found:
        room = max_delete - sum(len(plan.going) for plan in plans)
        known = (
            identifier for (store, identifier), last in readings.items() if store == inventory.store and last.damaged
        )
        first = plans[0] if plans else None
        plans.append(
            _plan(inventory, keep, now, room=room, first=first, damaged=inventory.identifiers.intersection(known))
        )
    return PrunePlan(system.name, keep, now, tuple(plans))


def _require_held(system: System, keep: KeepPolicy, inventories: Sequence[Inventory]) -> None:
    known = {identifier for inventory in inventories for identifier in inventory.identifiers}
    for hold in keep.rules.holds:
        if hold.backup is not None and hold.backup not in known:
            raise RefusedError(
                f"backup.retention.holds of {system.name} names {hold.backup}, which is in none of its stores; "
                "correct the id, or take the hold away; nothing was deleted"
            )


def _plan(
    inventory: Inventory,
    keep: KeepPolicy,
    now: datetime,
    *,
    room: int,
    first: StorePlan | None,
    damaged: frozenset[str],
) -> StorePlan:
    problem = inventory.problem or (_ONLY_COPIES if first and first.problem else "")
    if problem:
        return StorePlan(inventory.store, problem=problem)
    copied_from = _still_in(first) if first else {}
    entries = calendar(
        inventory.backups,
        keep=keep,
        now=now,
        unreadable=inventory.unreadable,
        copied_from=copied_from,
        damaged=damaged,
    )
    going = deletion_order(entries)
    abandoned = [leftover for leftover in inventory.leftovers if leftover.abandoned(now)]
    backups = tuple(going[:room])
    leftovers = tuple(abandoned[: room - len(backups)])
    return StorePlan(
        store=inventory.store,
        entries=entries,
        unreadable=inventory.unreadable,
        damaged=damaged,
        backups=backups,
        leftovers=leftovers,
        waiting=len(going) + len(abandoned) - len(backups) - len(leftovers),
        young=len(inventory.leftovers) - len(abandoned),
    )


def _still_in(first: StorePlan) -> dict[str, Reason]:
    """Why copies stay of what the first store keeps: the job `backup` would copy it again."""
    going = {backup.id for backup in first.backups}
    text = f"stays in {first.store}"
    reasons = {
        entry.backup.id: Reason(Rule.COPIED, text, entry.expires_at)
        for entry in first.entries
        if entry.backup.id not in going
    }
    return {**reasons, **{identifier: Reason(Rule.COPIED, text) for identifier in first.unreadable}}
