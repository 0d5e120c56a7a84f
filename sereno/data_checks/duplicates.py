"""Rows that share what no two rows may."""

from __future__ import annotations

from functools import partial

from sereno.data_checks.offenders import MOST_COUNTED, key_text, told
from sereno.data_checks.relations import TEXT, find_relation, not_null
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.reports.build import human_count
from sereno.systems.sections.checks import Uniqueness


def judged(session: ReadSession, check: Uniqueness) -> Verdict:
    """Look for values that stand in several rows."""
    case = ", in any case" if check.ignoring_case else ""
    name = f"{', '.join(check.columns)} of {check.table} is unique{case}"
    return judge(Kind.UNIQUE, name, partial(_look, session, check), required=check.required)


def _look(session: ReadSession, check: Uniqueness) -> Look:
    relation = find_relation(session, check.table)
    columns = [relation.column(name) for name in check.columns]
    compared = [
        f"lower({column}::text)" if check.ignoring_case and relation.columns[name] == TEXT else column
        for name, column in zip(check.columns, columns, strict=True)
    ]
    numbered = [f"{each} AS c{number}" for number, each in enumerate(compared)]
    query = (
        f"SELECT min(key) AS first, max(key) AS last FROM (SELECT {relation.keys} AS key, {', '.join(numbered)} "  # noqa: S608
        f"FROM {relation.quoted} WHERE {not_null(columns)}) listed "
        f"GROUP BY {', '.join(f'c{number}' for number in range(len(compared)))} HAVING count(*) > 1 "
        f"LIMIT {MOST_COUNTED + 1}"
    )
    pairs = [[key_text(row[end], relation.key_kinds) for end in ("first", "last")] for row in session.rows(query)]
    keys = [" and ".join(str(key) for key in pair) if None not in pair else None for pair in pairs]
    evidence = told(keys, noun="value", such_as="such as that of the rows") if keys else ""
    return Look(passed=not keys, evidence=evidence, seen=human_count(len(keys)))
