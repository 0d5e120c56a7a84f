"""Retention: which backups stay and why, as pure rules over values.

A backup stays when any rule asks for it, and so does everything that it rests on. Each kind is counted apart, since a
`critical` backup every six hours must not push out the weekly full ones; full and incremental backups count together,
as they form chains. Only backups that can be restored by what their manifests say are counted: one that rests on
something that is missing takes no other's place, and neither does one in which a reading found damage. What is doubtful
is never deleted.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime

from sereno.backup.keep import CalendarEntry, DatedBackup, KeepPolicy, Reason, Rule
from sereno.backup.keep_rules import reasons_of_group
from sereno.backup.lineage import Lineage
from sereno.backup.manifest import LINKS, BackupKind
from sereno.backup.manifest_file import kind_in
from sereno.backup.periods import local_day

_CHAINS = "chains"
_SELF_CONTAINED = frozenset(BackupKind) - {BackupKind.INCREMENTAL}


def calendar(
    backups: Sequence[DatedBackup],
    *,
    keep: KeepPolicy,
    now: datetime,
    unreadable: Collection[str] = (),
    copied_from: Mapping[str, Reason] | None = None,
    damaged: Collection[str] = (),
) -> tuple[CalendarEntry, ...]:
    """What becomes of each backup of one store, oldest first.

    Args:
        backups: those whose manifests can be read.
        keep: the rules.
        now: the moment at which they are applied.
        unreadable: the ids of the others; they stay, with whatever they might rest on.
        copied_from: why copies stay that the store's own rules would not ask for, by id.
        damaged: the ids of those in which something was wrong when they were last read. They stay for as long as if
            they were whole, and so does what the rules ask for without them.
    """
    lineage = Lineage(backups)
    reasons: dict[str, list[Reason]] = defaultdict(list)
    groups: dict[str, list[DatedBackup]] = defaultdict(list)
    for backup in sorted(backups, key=lambda each: each.id, reverse=True):
        if backup.taken_at > now:
            reasons[backup.id].append(Reason(Rule.FUTURE, "dated in the future"))
        elif missing := lineage.missing(backup):
            fault = "cannot be read" if missing in unreadable else "is not there"
            reasons[backup.id].append(Reason(Rule.BROKEN, f"rests on {missing}, which {fault}"))
        else:
            groups[_CHAINS if backup.kind in LINKS else backup.kind.value].append(backup)
        reasons[backup.id] += _held(backup, keep)
        reasons[backup.id] += filter(None, [(copied_from or {}).get(backup.id)])
    for group in groups.values():
        unsound = {each.id for each in group if lineage.touched(each, damaged)}
        sound = [each for each in group if each.id not in unsound]
        for identifier, reason in reasons_of_group(sound, lineage=lineage, keep=keep, now=now):
            reasons[identifier].append(reason)
        for identifier, reason in reasons_of_group(group, lineage=lineage, keep=keep, now=now) if unsound else ():
            reasons[identifier] += [reason] if identifier in unsound else []
    for identifier, reason in _doubtful(backups, unreadable):
        reasons[identifier].append(reason)
    _keep_parents(reasons, backups, lineage)
    return tuple(
        CalendarEntry(backup, tuple(reasons[backup.id])) for backup in sorted(backups, key=lambda each: each.id)
    )


def backups_to_delete(
    backups: Sequence[DatedBackup], *, keep: KeepPolicy, now: datetime, unreadable: Collection[str] = ()
) -> list[DatedBackup]:
    """The backups that no rule asks for, as `deletion_order` has them; never one that a kept increment rests on."""
    return deletion_order(calendar(backups, keep=keep, now=now, unreadable=unreadable))


def deletion_order(entries: Sequence[CalendarEntry]) -> list[DatedBackup]:
    """The backups that go: the oldest chain first, and in it children before parents.

    So wherever it is cut off, nothing that is left rests on something that is gone.
    """
    lineage = Lineage([entry.backup for entry in entries])
    doomed = [entry.backup for entry in entries if not entry.stays]
    return sorted(doomed, key=lambda each: (lineage.root(each), -len(lineage.ancestors(each)), each.id))


def _held(backup: DatedBackup, keep: KeepPolicy) -> Iterator[Reason]:
    day = local_day(backup.taken_at, keep.zone)
    for hold in keep.rules.holds:
        if hold.covers(backup.id, day=day):
            yield Reason(Rule.HOLD, f"hold: {hold.reason}")


def _doubtful(backups: Sequence[DatedBackup], unreadable: Collection[str]) -> Iterator[tuple[str, Reason]]:
    """What an increment whose manifest cannot be read may rest on: any link of a chain before it."""
    child = max((each for each in unreadable if kind_in(each) not in _SELF_CONTAINED), default="")
    for backup in backups:
        if backup.kind in LINKS and backup.id < child:
            yield backup.id, Reason(Rule.DOUBT, f"{child} cannot be read and may rest on it")


def _keep_parents(reasons: dict[str, list[Reason]], backups: Sequence[DatedBackup], lineage: Lineage) -> None:
    """Let everything stay that a backup which stays rests on, for as long as that one does."""
    kept = [CalendarEntry(backup, tuple(reasons[backup.id])) for backup in backups if reasons[backup.id]]
    lasting: dict[str, CalendarEntry] = {}
    for child in sorted(kept, key=lambda each: each.backup.id):
        for parent in lineage.ancestors(child.backup):
            longest = lasting.get(parent.id)
            if longest is None or child.outlives(longest):
                lasting[parent.id] = child
    for identifier, child in lasting.items():
        reasons[identifier].append(Reason(Rule.PARENT, f"{child.backup.id} rests on it", child.expires_at))
