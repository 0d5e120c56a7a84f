"""The rules that count: the last ones, one of each period, those of some days, and the minimum."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sereno.backup.keep import DatedBackup, KeepPolicy, Reason, Rule
from sereno.backup.lineage import Lineage
from sereno.backup.periods import DAY, MONTH, WEEK, YEAR, Period, local_day
from sereno.backup.rhythm import Rhythm


def reasons_of_group(
    group: Sequence[DatedBackup], *, lineage: Lineage, keep: KeepPolicy, now: datetime
) -> Iterator[tuple[str, Reason]]:
    """Which of the backups that are counted together the rules ask for: an id and a reason, several for some.

    Args:
        group: backups that can be restored, none dated after `now`; the newest first.
        lineage: what they rest on.
        keep: the rules.
        now: the moment at which they are applied.
    """
    rules = keep.rules
    rhythm = Rhythm.of([backup.taken_at for backup in group], now=now)
    for rank, backup in enumerate(group[: rules.keep_last]):
        yield backup.id, Reason(Rule.LAST, f"last {rules.keep_last}", rhythm.moment(rules.keep_last - rank))
    yield from _within(group, keep, now)
    yield from _of_periods(group, Rule.DAILY, DAY, rules.daily, keep, rhythm)
    yield from _of_periods(group, Rule.WEEKLY, WEEK, rules.weekly, keep, rhythm)
    yield from _of_periods(group, Rule.MONTHLY, MONTH, rules.monthly, keep, rhythm)
    yield from _of_periods(group, Rule.YEARLY, YEAR, rules.yearly, keep, rhythm)
    newest_of_chains: dict[str, DatedBackup] = {}
    for backup in group:
        newest_of_chains.setdefault(lineage.root(backup), backup)
    for rank, backup in enumerate([*newest_of_chains.values()][: rules.minimum]):
        yield backup.id, Reason(Rule.MINIMUM, f"minimum {rules.minimum}", rhythm.moment(rules.minimum - rank))


def _within(group: Sequence[DatedBackup], keep: KeepPolicy, now: datetime) -> Iterator[tuple[str, Reason]]:
    days = keep.rules.within_days
    for backup in group if days else ():
        until = _later(backup.taken_at, days, keep)
        if now <= until:
            yield backup.id, Reason(Rule.WITHIN, f"within {days} days", until)


def _later(moment: datetime, days: int, keep: KeepPolicy) -> datetime:
    """The same time of day, `days` later, in the system's zone; what a clock on the wall says."""
    try:
        return (moment.astimezone(keep.zone) + timedelta(days=days)).astimezone(UTC)
    except OverflowError:
        return moment


def _of_periods(
    group: Sequence[DatedBackup], rule: Rule, period: Period, count: int, keep: KeepPolicy, rhythm: Rhythm
) -> Iterator[tuple[str, Reason]]:
    """The last backup of each of the newest `count` periods that have one."""
    last: dict[int, DatedBackup] = {}
    for backup in group:
        last.setdefault(period.number(local_day(backup.taken_at, keep.zone)), backup)
    numbers = sorted(last, reverse=True)[:count]
    if not numbers:
        return
    arrivals = rhythm.arrivals(period, after=numbers[0], count=count, zone=keep.zone)
    for rank, number in enumerate(numbers):
        backup, until = last[number], arrivals[count - rank - 1]
        if number == numbers[0] == period.number(local_day(rhythm.first, keep.zone)):
            until = rhythm.first  # the next one will be the last of the period
        yield backup.id, Reason(rule, f"{period.name} {period.label(local_day(backup.taken_at, keep.zone))}", until)
