"""How many rows a table has."""

from __future__ import annotations

from functools import partial

from sereno.data_checks.relations import condition, find_relation, texts
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.reports.build import human_count
from sereno.systems.sections.checks import RowCount

_COUNTED_AT_LEAST = 100_000
"""So many are counted whatever the bounds; beyond them counting goes no further than the answer needs."""


def judged(session: ReadSession, check: RowCount) -> Verdict:
    """Count the rows."""
    which = f" with the given {', '.join(check.where)}" if check.where else ""
    name = f"rows of {check.table}{which}: {bounds(check)}"
    look = partial(_look, session, check)
    private = texts(check.where)
    return judge(Kind.ROWS, name, look, required=check.required, expected=bounds(check), private=private)


def bounds(check: RowCount) -> str:
    """`exactly 5`, `at least 44`, `at most 9`, `10 to 20`."""
    if check.exactly is not None:
        return f"exactly {human_count(check.exactly)}"
    if check.at_least is not None and check.at_most is not None:
        return f"{human_count(check.at_least)} to {human_count(check.at_most)}"
    if check.at_least is not None:
        return f"at least {human_count(check.at_least)}"
    return f"at most {human_count(check.at_most or 0)}"


def holds(check: RowCount, rows: int) -> bool:
    """Whether so many rows are right."""
    if check.exactly is not None:
        return rows == check.exactly
    return (check.at_least or 0) <= rows and (check.at_most is None or rows <= check.at_most)


def _look(session: ReadSession, check: RowCount) -> Look:
    relation = find_relation(session, check.table)
    where, values = condition(relation, check.where)
    enough = max(_COUNTED_AT_LEAST, check.at_least or 0, 1 + max(check.exactly or 0, check.at_most or 0))
    query = f"SELECT count(*) AS rows FROM (SELECT FROM {relation.quoted} {where} LIMIT {enough}) counted"  # noqa: S608
    rows = next(session.rows(query, values))["rows"]
    seen = human_count(rows) + (" or more" if rows == enough else "")
    return Look(passed=holds(check, rows), evidence=f"there are {seen}", seen=seen)
