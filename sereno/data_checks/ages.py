"""How old the newest row of a table is."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from sereno.data_checks.relations import DATE_OR_TIME, condition, find_relation
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.reports.build import human_seconds
from sereno.systems.sections.checks import Freshness

CLOCKS_DIFFER = timedelta(minutes=5)
"""How far the clocks of two machines may lie apart before a moment counts as in the future."""


def judged(session: ReadSession, check: Freshness, *, zone: ZoneInfo, now: datetime) -> Verdict:
    """Compare the newest row with `now`; `zone` is the system's."""
    within = human_seconds(check.within_hours * 3600)
    name = f"the newest {check.column} of {check.table} is at most {within} old"
    written_in = ZoneInfo(check.timezone) if check.timezone else zone
    look = partial(_look, session, check, zone=written_in, now=now)
    return judge(Kind.FRESH, name, look, required=check.required, expected=f"at most {within}")


def age(newest: datetime | date | None, *, within: timedelta, zone: ZoneInfo, now: datetime) -> Look:
    """Whether a moment is recent.

    Args:
        newest: of the newest row; without a time zone it is taken in `zone`, and a date as the end of its day.
        within: how old it may be.
        zone: of a moment that has none.
        now: the present moment.
    """
    if newest is None:
        return Look(passed=False, evidence="there is no row", seen="no row")
    moment = newest if isinstance(newest, datetime) else min(now, datetime.combine(newest, time.max, zone))
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    old = (now - moment).total_seconds()
    of = f"it is of {moment.astimezone(zone):%Y-%m-%d %H:%M:%S %Z}"
    if old < -CLOCKS_DIFFER.total_seconds():
        ahead = f"{of}, {human_seconds(-old)} in the future: a clock is wrong, or the time zone of the check"
        return Look(passed=False, evidence=ahead, seen="in the future")
    seen = human_seconds(max(0.0, old))
    return Look(passed=old <= within.total_seconds(), evidence=f"{of}, {seen} old", seen=seen)


def _look(session: ReadSession, check: Freshness, *, zone: ZoneInfo, now: datetime) -> Look:
    relation = find_relation(session, check.table)
    column = relation.column(check.column)
    if relation.columns[check.column] != DATE_OR_TIME:  # which a time of day is too
        raise ContractError(f"{relation.label}.{check.column} is no timestamp and no date")
    where, values = condition(relation, check.where)
    finite = f"{'AND' if where else 'WHERE'} isfinite({column})"
    query = f"SELECT max({column}) AS newest FROM {relation.quoted} {where} {finite}"  # noqa: S608
    newest = next(session.rows(query, values))["newest"]
    if not isinstance(newest, date | None):
        raise ContractError(f"{relation.label}.{check.column} is no timestamp and no date")
    return age(newest, within=timedelta(hours=check.within_hours), zone=zone, now=now)
