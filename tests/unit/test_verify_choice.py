"""Which backups are read this time: the share that was not read for the longest time, and what must never wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from sereno.backup.manifest import BackupKind
from sereno.verify.choice import chain_of, chosen
from sereno.verify.inventory import StoredBackup

START = datetime(2026, 11, 1, 2, 30, tzinfo=UTC)


def backup(number: int, *, kind: BackupKind = BackupKind.CRITICAL, parent: int | None = None) -> StoredBackup:
    return StoredBackup(
        store="local",
        id=f"{number:04d}",
        kind=kind,
        parent=None if parent is None else f"{parent:04d}",
        taken_at=START + timedelta(days=number),
        rows=1,
        plain_bytes=100,
        stored_bytes=50,
    )


def read(one: StoredBackup, at: datetime, *, whole: bool = True) -> StoredBackup:
    return replace(one, read_at=at, whole_at=at if whole else one.whole_at)


def ids(backups: tuple[StoredBackup, ...]) -> list[str]:
    return [each.id for each in backups]


@pytest.mark.parametrize("share", [1, 3, 10, 25, 33, 50, 99, 100])
@pytest.mark.parametrize("count", [1, 2, 7, 60, 101])
def test_every_backup_is_read_within_a_hundred_over_share_runs(share: int, count: int) -> None:
    backups = [backup(number) for number in range(count)]
    seen: set[str] = set()
    for run in range(-(-100 // share)):
        due = chosen(backups, share_percent=share)
        assert len(due) >= -(-count * share // 100)
        seen.update(ids(due))
        backups = [read(each, START + timedelta(days=500 + run)) if each in due else each for each in backups]
    assert len(seen) == count


def test_new_backups_do_not_make_the_old_ones_wait_as_a_backup_is_read_when_it_is_taken() -> None:
    backups = [read(backup(number), START + timedelta(days=number)) for number in range(40)]
    waiting = set(ids(tuple(backups)))
    for run in range(4):
        due = chosen(backups, share_percent=25)
        waiting -= set(ids(due))
        now = START + timedelta(days=100 + run)
        backups = [read(each, now) if each in due else each for each in backups]
        backups += [read(backup(100 + 5 * run + more), now) for more in range(5)]
    assert waiting == set()


def test_what_was_never_read_comes_first_and_then_what_waits_longest() -> None:
    never, long_ago, lately = backup(3), read(backup(1), START), read(backup(2), START + timedelta(days=9))
    assert ids(chosen([long_ago, lately, never], share_percent=30)) == ["0003"]
    assert ids(chosen([long_ago, lately, never], share_percent=60)) == ["0001", "0003"]


def test_the_newest_backup_is_read_in_every_run_with_all_that_it_rests_on() -> None:
    now = START + timedelta(days=50)
    full = read(backup(10, kind=BackupKind.FULL), now)
    first = read(backup(11, kind=BackupKind.INCREMENTAL, parent=10), now)
    newest = read(backup(12, kind=BackupKind.INCREMENTAL, parent=11), now)
    critical = read(backup(13), now)
    old = [read(backup(number), START) for number in range(4)]
    assert ids(chosen([*old, full, first, newest, critical], share_percent=1)) == ["0000", "0010", "0011", "0012"]


def test_whatever_a_chosen_increment_rests_on_is_read_too() -> None:
    now = START + timedelta(days=50)
    full = read(backup(1, kind=BackupKind.FULL), now)
    increment = read(backup(2, kind=BackupKind.INCREMENTAL, parent=1), START)
    newer = read(backup(9, kind=BackupKind.FULL), now)
    assert ids(chosen([full, increment, newer], share_percent=1)) == ["0001", "0002", "0009"]


def test_a_damaged_backup_is_read_again_in_every_run() -> None:
    now = START + timedelta(days=50)
    damaged = read(read(backup(1), START), now, whole=False)
    others = [read(backup(number), START + timedelta(days=number)) for number in range(2, 9)]
    assert damaged.damaged
    assert "0001" in ids(chosen([damaged, *others], share_percent=1))


def test_a_parent_that_is_not_there_and_parents_in_a_circle_end_the_chain() -> None:
    orphan = backup(2, kind=BackupKind.INCREMENTAL, parent=1)
    assert ids(tuple(chain_of(orphan, [orphan]))) == ["0002"]
    one, two = backup(1, parent=2), backup(2, parent=1)
    assert ids(tuple(chain_of(one, [one, two]))) == ["0001", "0002"]


def test_nothing_is_chosen_of_nothing() -> None:
    assert chosen([], share_percent=100) == ()
