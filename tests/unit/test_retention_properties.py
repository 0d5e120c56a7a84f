"""What holds for any history of backups at all, and whether the calendar keeps what it promises."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from sereno.backup.keep import CalendarEntry, DatedBackup, KeepPolicy
from sereno.backup.manifest import LINKS, BackupKind
from sereno.backup.retention import backups_to_delete, calendar
from unit.retention_case import NOW, SECOND, kept, policy, taken


@st.composite
def histories(draw: st.DrawFn) -> list[DatedBackup]:
    """Backups of any kind at any time of the last years; increments rest on any link before them, sometimes on none."""
    hours = sorted(draw(st.lists(st.integers(0, 24 * 800), max_size=40, unique=True)), reverse=True)
    backups: list[DatedBackup] = []
    for number, age in enumerate(hours):
        links = [each for each in backups if each.kind in LINKS]
        kind = draw(st.sampled_from([BackupKind.FULL, BackupKind.INCREMENTAL, BackupKind.CRITICAL]))
        parent = draw(st.sampled_from([*links[-4:], None])) if kind is BackupKind.INCREMENTAL and links else None
        backups.append(taken(NOW - timedelta(hours=age), kind, parent, number))
    return backups


policies = st.builds(
    policy,
    keep_last=st.integers(0, 5),
    within_days=st.integers(0, 60),
    daily=st.integers(0, 9),
    weekly=st.integers(0, 5),
    monthly=st.integers(0, 5),
    yearly=st.integers(0, 3),
    minimum=st.integers(1, 3),
)


@settings(max_examples=300)
@given(histories(), policies, st.data())
def test_nothing_that_stays_rests_on_what_goes_wherever_the_deletion_is_cut_off(
    backups: list[DatedBackup], keep: KeepPolicy, data: st.DataObject
) -> None:
    unreadable = {each.id for each in backups if data.draw(st.integers(0, 9)) == 0}
    readable = [each for each in backups if each.id not in unreadable]
    order = backups_to_delete(readable, keep=keep, now=NOW, unreadable=unreadable)
    cut = data.draw(st.integers(0, len(order)))
    left = {each.id for each in backups} - {each.id for each in order[:cut]}
    assert all(each.parent is None or each.parent in left for each in backups if each.id in left)
    assert unreadable <= left


@settings(max_examples=200)
@given(histories(), policies)
def test_of_every_kind_the_newest_that_can_be_restored_stay(backups: list[DatedBackup], keep: KeepPolicy) -> None:
    stay = {each.id for each in kept(backups, keep)}
    whole = {each.id for each in backups if each.kind is not BackupKind.INCREMENTAL}
    for each in backups:
        whole |= {each.id} if each.parent in whole else set()
    links = [each.id for each in backups if each.kind in LINKS and each.id in whole]
    critical = [each.id for each in backups if each.kind is BackupKind.CRITICAL]
    assert {*links[-1:], *critical[-keep.rules.minimum :]} <= stay


@settings(max_examples=200)
@given(histories(), policies, st.integers(0, 60))
def test_what_goes_once_never_comes_back_later(backups: list[DatedBackup], keep: KeepPolicy, later: int) -> None:
    gone = {each.id for each in backups_to_delete(backups, keep=keep, now=NOW)}
    gone_later = {each.id for each in backups_to_delete(backups, keep=keep, now=NOW + timedelta(days=later))}
    assert gone <= gone_later


@settings(max_examples=200)
@given(histories(), policies)
def test_deleting_twice_deletes_nothing_more(backups: list[DatedBackup], keep: KeepPolicy) -> None:
    left = kept(backups, keep)
    assert [each.id for each in kept(left, keep)] == [each.id for each in left]


@settings(max_examples=60)
@given(st.integers(1, 30), st.sampled_from([6, 24, 30, 24 * 7]), policies)
def test_a_backup_goes_when_the_calendar_said_it_would(count: int, hours: int, keep: KeepPolicy) -> None:
    step, last = timedelta(hours=hours), NOW - timedelta(hours=3)
    past = [taken(last - step * number) for number in reversed(range(count))]
    for entry in calendar(past, keep=keep, now=NOW):
        if entry.expires_at is None or entry.expires_at > NOW + timedelta(days=200) or count == 1:
            continue
        assert [stays_at(past, entry, moment, step, keep) for moment in (-SECOND, SECOND)] == [True, False]


def stays_at(
    past: list[DatedBackup], entry: CalendarEntry, offset: timedelta, step: timedelta, keep: KeepPolicy
) -> bool:
    assert entry.expires_at
    now = max(entry.expires_at + offset, NOW)
    coming, backups = past[-1].taken_at + step, list(past)
    while coming <= now:
        backups.append(taken(coming))
        coming += step
    return entry.backup in [each.backup for each in calendar(backups, keep=keep, now=now) if each.stays]
