"""What stays and what goes: each rule at its boundary, chains, holds, and what is doubtful."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from sereno.backup.keep import DatedBackup, Rule
from sereno.backup.manifest import BackupKind
from sereno.backup.retention import backups_to_delete, calendar, deletion_order
from unit.retention_case import LISBON, NOW, SECOND, chain, days, kept, nightly, policy, reasons, taken


def test_the_last_ones_stay() -> None:
    backups = nightly(10)
    assert kept(backups, policy(keep_last=3)) == backups[-3:]
    assert backups_to_delete(backups, keep=policy(keep_last=3), now=NOW) == backups[:-3]


def test_nothing_is_no_problem() -> None:
    assert calendar([], keep=policy(daily=7), now=NOW) == ()


@pytest.mark.parametrize(("age", "stays"), [(-SECOND, True), (timedelta(0), True), (SECOND, False)])
def test_a_backup_stays_for_exactly_the_days_that_it_should(age: timedelta, stays: bool) -> None:
    backup = taken(NOW - timedelta(days=20) - age)
    assert (backup in kept([backup, taken(NOW)], policy(within_days=20))) is stays


@pytest.mark.parametrize(("hours", "stays"), [(0, True), (1 / 3600, False)])
def test_a_week_over_the_end_of_summer_time_is_a_week_on_the_clock_on_the_wall(hours: float, stays: bool) -> None:
    backup = taken(datetime(2026, 10, 20, 3, tzinfo=LISBON))
    week_later = datetime(2026, 10, 27, 3, tzinfo=LISBON)
    assert week_later.astimezone(UTC) - backup.taken_at.astimezone(UTC) == timedelta(days=7, hours=1)
    now = week_later.astimezone(UTC) + timedelta(hours=hours)
    assert (backup in kept([backup, taken(now)], policy(within_days=7), now)) is stays


def test_of_each_day_the_last_one_stays() -> None:
    backups = [taken(NOW - timedelta(hours=6 * number)) for number in reversed(range(12))]
    assert [f"{one.taken_at:%dT%H}" for one in kept(backups, policy(daily=2))] == ["22T18", "23T12"]


def test_days_without_a_backup_do_not_count() -> None:
    backups = [taken(NOW - timedelta(days=number)) for number in (40, 39, 10, 0)]
    assert kept(backups, policy(daily=3)) == backups[1:]


def test_days_begin_at_midnight_of_the_systems_zone() -> None:
    before = taken(datetime(2026, 7, 9, 22, 59, 59, tzinfo=UTC))
    after = taken(datetime(2026, 7, 9, 23, 0, 0, tzinfo=UTC))  # 10 July in Lisbon
    later = taken(datetime(2026, 7, 10, 12, tzinfo=UTC))
    assert kept([before, after, later], policy(daily=2)) == [before, later]
    assert kept([before, after, later], policy(zone=ZoneInfo("UTC"), daily=2)) == [after, later]


@pytest.mark.parametrize("night", [datetime(2026, 3, 29, tzinfo=LISBON), datetime(2026, 10, 25, tzinfo=LISBON)])
def test_a_day_of_23_or_25_hours_is_one_day(night: datetime) -> None:
    begins, ends = night.astimezone(UTC), (night + timedelta(days=1)).astimezone(UTC)
    assert ends - begins in {timedelta(hours=23), timedelta(hours=25)}
    backups = [taken(begins - SECOND), taken(begins), taken(ends - SECOND), taken(ends)]
    assert kept(backups, policy(daily=9)) == [backups[0], backups[2], backups[3]]


def test_weeks_are_those_of_iso_8601_also_over_the_end_of_a_year() -> None:
    sunday, monday, new_year, next_sunday, next_monday = (
        taken(datetime(year, month, day, 3, tzinfo=LISBON))
        for year, month, day in ((2026, 12, 27), (2026, 12, 28), (2027, 1, 1), (2027, 1, 3), (2027, 1, 4))
    )
    now = datetime(2027, 1, 5, tzinfo=UTC)
    entries = calendar([sunday, monday, new_year, next_sunday, next_monday], keep=policy(weekly=3), now=now)
    assert [entry.backup for entry in entries if entry.stays] == [sunday, next_sunday, next_monday]
    why = [entry.why for entry in entries if Rule.WEEKLY in reasons(entry)]
    assert why == ["week 2026-W52", "week 2026-W53", "week 2027-W01, minimum 1"]


def test_a_leap_day_is_the_last_of_its_month() -> None:
    backups = [taken(datetime(2028, 2, day, 12, tzinfo=UTC)) for day in (1, 28, 29)]
    backups.append(taken(datetime(2028, 3, 1, 12, tzinfo=UTC)))
    assert days(kept(backups, policy(monthly=2), datetime(2028, 3, 2, tzinfo=UTC))) == ["02-29", "03-01"]


def test_the_last_second_of_a_year_is_of_that_year() -> None:
    silvester = taken(datetime(2026, 12, 31, 23, 59, 59, tzinfo=LISBON))
    new_year = taken(datetime(2027, 1, 1, 0, 0, 0, tzinfo=LISBON))
    later = taken(datetime(2027, 6, 1, tzinfo=LISBON))
    assert kept([silvester, new_year, later], policy(yearly=5), later.taken_at) == [silvester, later]


def test_the_rules_add_up() -> None:
    backups = nightly(400)
    keep = policy(keep_last=2, within_days=3, daily=7, weekly=5, monthly=12, yearly=2)
    weeks, months = ["11-01", "11-08", "11-15"], ["12-31", "01-31", "02-28", "03-31", "04-30", "05-31"]
    months += ["06-30", "07-31", "08-31", "09-30", "10-31"]
    assert days(kept(backups, keep)) == [*months, *weeks, "11-17", "11-18", "11-19", "11-20", "11-21", "11-22", "11-23"]


def test_a_kept_increment_keeps_its_whole_chain_and_no_younger_brother() -> None:
    first, second = chain(NOW - timedelta(days=40), 6), chain(NOW - timedelta(days=6), 6)
    held = policy(keep_last=1, holds=[{"reason": "audit", "backup": first[3].id}])
    assert kept([*first, *second], held) == [*first[:4], *second]
    entries = calendar([*first, *second], keep=held, now=NOW)
    assert reasons(entries[0]) == {Rule.PARENT}
    assert f"{first[3].id} rests on it" in entries[0].why


def test_children_go_before_their_parents_and_the_oldest_chain_first() -> None:
    first, second = chain(NOW - timedelta(days=40), 3), chain(NOW - timedelta(days=30), 3)
    order = backups_to_delete([*first, *second, taken(NOW)], keep=policy(), now=NOW)
    assert order == [*reversed(first), *reversed(second)]


def test_critical_backups_do_not_push_out_full_ones() -> None:
    fulls = nightly(5)
    critical = [taken(NOW - timedelta(hours=hours), BackupKind.CRITICAL) for hours in range(100, 0, -1)]
    stay = kept([*fulls, *critical], policy(keep_last=3))
    assert [one for one in stay if one.kind is BackupKind.FULL] == fulls[-3:]
    assert [one for one in stay if one.kind is BackupKind.CRITICAL] == critical[-3:]


def test_the_minimum_stays_however_old_and_counts_chains() -> None:
    first, second = chain(NOW - timedelta(days=4000), 3), chain(NOW - timedelta(days=3000), 3)
    assert kept([*first, *second], policy(minimum=1)) == second
    assert kept([*first, *second], policy(minimum=2)) == [*first, *second]


def test_a_damaged_backup_takes_no_whole_ones_place_and_stays_as_long_as_if_it_were_whole() -> None:
    backups = nightly(6)
    newest = backups[-1].id
    assert kept(backups, policy(keep_last=2)) == backups[-2:]
    assert kept(backups, policy(keep_last=2), damaged=[newest]) == backups[-3:]
    assert kept(backups, policy(), damaged=[newest]) == backups[-2:], "the minimum is of whole ones"
    assert kept(backups, policy(keep_last=2), damaged=[backups[0].id]) == backups[-2:], "it is asked for by no rule"
    assert kept(backups, policy(within_days=2), damaged=[newest]) == kept(backups, policy(within_days=2))


def test_the_last_whole_backup_of_a_day_stays_beside_a_damaged_later_one() -> None:
    morning, evening = (taken(NOW - timedelta(days=3, hours=hours)) for hours in (8, 2))
    later = taken(NOW)
    assert kept([morning, evening, later], policy(daily=2)) == [evening, later]
    assert kept([morning, evening, later], policy(daily=2), damaged=[evening.id]) == [morning, evening, later]


def test_what_rests_on_a_damaged_backup_counts_as_damaged() -> None:
    first, second = chain(NOW - timedelta(days=40), 2), chain(NOW - timedelta(days=6), 2)
    both = [*first, *second]
    assert kept(both, policy(keep_last=1)) == second
    assert kept(both, policy(keep_last=1), damaged=[second[0].id]) == both
    assert kept(both, policy(keep_last=1), damaged=[second[2].id]) == second, "its last but one is whole"


def test_where_everything_is_damaged_the_rules_hold_as_they_are() -> None:
    backups = nightly(5)
    assert kept(backups, policy(keep_last=2), damaged=[each.id for each in backups]) == backups[-2:]


def test_what_cannot_be_restored_does_not_count_as_the_minimum_and_stays() -> None:
    whole, broken = chain(NOW - timedelta(days=100), 2), chain(NOW - timedelta(days=50), 2)
    entries = calendar([*whole, *broken[1:]], keep=policy(keep_last=1), now=NOW)
    assert [entry.backup for entry in entries if entry.stays] == [*whole, *broken[1:]]
    assert reasons(entries[-1]) == {Rule.BROKEN}
    assert entries[-1].why == f"rests on {broken[0].id}, which is not there"


def test_a_hold_holds_to_the_second_of_its_days() -> None:
    hold = {"reason": "tax audit", "from": "2026-03-01", "until": "2026-03-31"}
    moments = [
        datetime(2026, 2, 28, 23, 59, 59, tzinfo=LISBON),
        datetime(2026, 3, 1, tzinfo=LISBON),
        datetime(2026, 3, 31, 23, 59, 59, tzinfo=LISBON),
        datetime(2026, 4, 1, tzinfo=LISBON),
    ]
    backups = [*map(taken, moments), taken(NOW)]
    assert kept(backups, policy(holds=[hold])) == [backups[1], backups[2], backups[4]]
    before = {"reason": "tax audit", "before": "2026-03-01"}
    assert kept(backups, policy(holds=[before])) == [backups[0], backups[4]]


def test_what_is_held_has_no_end_in_sight() -> None:
    hold = {"reason": "tax audit", "until": "2026-12-31"}
    assert [entry.expires_at for entry in calendar(nightly(3), keep=policy(holds=[hold]), now=NOW)] == [None] * 3


@pytest.mark.parametrize(("ahead", "future"), [(timedelta(0), False), (SECOND, True)])
def test_a_backup_from_the_future_stays_and_takes_no_others_place(ahead: timedelta, future: bool) -> None:
    backups = [*nightly(3), taken(NOW + ahead)]
    entries = calendar(backups, keep=policy(keep_last=1), now=NOW)
    assert (Rule.FUTURE in reasons(entries[-1])) is future
    assert entries[2].stays is future


def test_the_newest_backup_stays_when_the_clock_had_gone_back_to_1970() -> None:
    backups = nightly(3)
    dead_clock = DatedBackup("20261123T120000Z-full-00000000", BackupKind.FULL, datetime(1970, 1, 1, tzinfo=UTC))
    assert kept([*backups, dead_clock], policy(keep_last=1)) == [dead_clock]


def test_what_an_unreadable_increment_may_rest_on_stays() -> None:
    older, newer = chain(NOW - timedelta(days=90), 2), chain(NOW - timedelta(days=50), 5)
    critical = taken(NOW - timedelta(days=95), BackupKind.CRITICAL), taken(NOW, BackupKind.CRITICAL)
    readable = [*older, *newer[:3], *newer[4:], taken(NOW), *critical]
    entries = calendar(readable, keep=policy(), now=NOW, unreadable=[newer[3].id])
    assert [entry.backup for entry in entries if Rule.DOUBT in reasons(entry)] == [*older, *newer[:3]]
    assert [entry.backup for entry in entries if Rule.BROKEN in reasons(entry)] == newer[4:]
    assert [entry.backup for entry in entries if not entry.stays] == [critical[0]]
    assert f"rests on {newer[3].id}, which cannot be read" in {entry.why for entry in entries}


def test_an_unreadable_full_backup_rests_on_nothing() -> None:
    backups = nightly(4)
    assert kept(backups[:2] + backups[3:], policy(), unreadable=[backups[2].id]) == [backups[3]]


def test_backups_that_rest_on_each_other_are_broken_and_stay() -> None:
    one = DatedBackup("20261101T000000Z-incremental-00000001", BackupKind.INCREMENTAL, NOW, parent="b")
    other = DatedBackup("b", BackupKind.INCREMENTAL, NOW, parent=one.id)
    itself = DatedBackup("c", BackupKind.FULL, NOW, parent="c")
    assert all(Rule.BROKEN in reasons(entry) for entry in calendar([one, other, itself], keep=policy(), now=NOW))


@pytest.mark.parametrize(
    "moment", [datetime(1, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)], ids=["first", "last"]
)
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "America/Los_Angeles"])
def test_the_ends_of_time_are_dates_too(moment: datetime, zone: str) -> None:
    keep = policy(
        zone=ZoneInfo(zone), keep_last=1, within_days=36500, daily=1000, weekly=1000, monthly=1000, yearly=1000
    )
    assert len(calendar([taken(moment), taken(NOW)], keep=keep, now=NOW)) == 2


def test_when_a_daily_backup_expires() -> None:
    entries = calendar(nightly(3), keep=policy(daily=7), now=NOW)
    assert [f"{entry.expires_at:%m-%d %H:%M}" for entry in entries] == ["11-28 03:00", "11-29 03:00", "11-30 03:00"]


def test_the_last_backup_of_this_week_is_not_yet_the_last_of_the_week() -> None:
    *_, newest = calendar(nightly(30), keep=policy(weekly=8), now=NOW)
    assert newest.expires_at == NOW + timedelta(hours=15)


def test_the_order_of_deletion_is_that_of_the_calendar() -> None:
    backups = nightly(9)
    entries = calendar(backups, keep=policy(keep_last=2), now=NOW)
    assert deletion_order(entries) == backups[:-2]
