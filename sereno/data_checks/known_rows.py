"""A row that has to be there, with what it has to hold."""

from __future__ import annotations

from functools import partial
from typing import Any

from sereno.data_checks.relations import Relation, as_text, condition, find_relation, texts
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.systems.sections.checks import KnownRow


def judged(session: ReadSession, check: KnownRow) -> Verdict:
    """Look for the row."""
    name = f"{check.name} is in {check.table}" + (" as it should be" if check.values else "")
    private = texts(check.where, check.values)
    return judge(Kind.ROW, name, partial(_look, session, check), required=check.required, private=private)


def _look(session: ReadSession, check: KnownRow) -> Look:
    relation = find_relation(session, check.table)
    where, values = condition(relation, check.where)
    columns, more = _comparisons(relation, check)
    query = f"SELECT {', '.join(columns) or '1 AS there'} FROM {relation.quoted} {where} LIMIT 2"  # noqa: S608
    rows = list(session.rows(query, {**values, **more}))
    by = ", ".join(check.where)
    if len(rows) != 1:
        return Look(passed=False, evidence=f"{'several rows' if rows else 'no row'} found by {by}")
    wrong = [name for name, right in zip(check.values, rows[0].values(), strict=False) if right is not True]
    if wrong:
        return Look(passed=False, evidence=f"found by {by}; not as it should be: {', '.join(wrong)}")
    right = f"; right: {', '.join(check.values)}" if check.values else ""
    return Look(passed=True, evidence=f"found by {by}{right}")


def _comparisons(relation: Relation, check: KnownRow) -> tuple[list[str], dict[str, Any]]:
    columns, parameters = [], {}
    for number, (name, value) in enumerate(check.values.items()):
        column = relation.column(name)
        test = f"{column} IS NULL" if value is None else f"({column} = :v{number}) IS TRUE"
        columns.append(f"{test} AS c{number}")
        parameters.update({} if value is None else {f"v{number}": as_text(value)})
    return columns, parameters
