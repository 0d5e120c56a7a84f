"""Rows that refer to a parent that is not there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from sereno.data_checks.offenders import MOST_COUNTED, key_text, told
from sereno.data_checks.relations import Relation, find_relation, not_null, quoted
from sereno.data_checks.verdict import Kind, Look, Verdict, judge
from sereno.database.read_session import ReadSession
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.systems.sections.checks import ForeignKeys, Reference

_DECLARED = """
    SELECT k.conname::text AS name, n.nspname || '.' || c.relname AS child, pn.nspname || '.' || p.relname AS parent,
           ARRAY(SELECT a.attname::text FROM unnest(k.conkey) WITH ORDINALITY o (number, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum = o.number ORDER BY o.place)
             AS columns,
           ARRAY(SELECT a.attname::text FROM unnest(k.confkey) WITH ORDINALITY o (number, place)
                 JOIN pg_catalog.pg_attribute a ON a.attrelid = p.oid AND a.attnum = o.number ORDER BY o.place)
             AS parent_columns
    FROM pg_catalog.pg_constraint k
    JOIN pg_catalog.pg_class c ON c.oid = k.conrelid
    JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_catalog.pg_class p ON p.oid = k.confrelid
    JOIN pg_catalog.pg_namespace pn ON pn.oid = p.relnamespace
    WHERE k.contype = 'f' AND k.conparentid = 0
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
    ORDER BY 2, 1
"""


@dataclass(frozen=True, kw_only=True)
class Key:
    """Columns of a table that refer to columns of another one."""

    name: str
    child: str
    columns: tuple[str, ...]
    parent: str
    parent_columns: tuple[str, ...]

    def __str__(self) -> str:
        return f"{self.child} ({', '.join(self.columns)})"


def judged(session: ReadSession, keys: ForeignKeys) -> Iterator[Verdict]:
    """A verdict for each reference that somebody named, and for each of the others that is broken; one for the rest."""
    named = [*keys.undeclared]
    for reference in named:
        yield _verdict(session, _key_of(reference), required=reference.required)
    if not keys.declared:
        return
    there = declared_keys(session)
    for missing in sorted(set(keys.only) - {key.name for key in there}):
        finding = Finding(
            name=f"the foreign key {missing} is there", passed=False, required=keys.required, evidence="it is not"
        )
        yield Verdict(kind=Kind.PARENT, finding=finding)
    wanted = [key for key in there if (not keys.only or key.name in keys.only) and key.name not in keys.leave_out]
    verdicts = [_verdict(session, key, required=keys.required) for key in wanted]
    broken = [verdict for verdict in verdicts if not verdict.finding.passed]
    yield from broken
    yield _rest(len(verdicts) - len(broken), broken, required=keys.required)


def declared_keys(session: ReadSession) -> list[Key]:
    """The foreign keys of the database; one of a partitioned table stands for its partitions."""
    return [
        Key(**{**row, "columns": tuple(row["columns"]), "parent_columns": tuple(row["parent_columns"])})
        for row in session.rows(_DECLARED)
    ]


def _rest(whole: int, broken: Sequence[Verdict], *, required: bool) -> Verdict:
    name = f"the other {human_count(whole, 'foreign key')} hold" if broken else "every row has the parent that it names"
    evidence = "" if broken else f"{human_count(whole, 'foreign key')} looked at"
    return Verdict(
        kind=Kind.PARENT, finding=Finding(name=name, passed=True, required=required, evidence=evidence), seen=str(whole)
    )


def _key_of(reference: Reference) -> Key:
    return Key(
        name="",
        child=reference.table,
        columns=reference.columns,
        parent=reference.parent,
        parent_columns=reference.parent_columns,
    )


def _verdict(session: ReadSession, key: Key, *, required: bool) -> Verdict:
    name = f"every row of {key} has its parent in {key.parent}"
    return judge(Kind.PARENT, name, partial(_look, session, key), required=required)


def _look(session: ReadSession, key: Key) -> Look:
    child, parent = find_relation(session, key.child), find_relation(session, key.parent)
    columns = [child.column(name) for name in key.columns]
    pairs = [
        f"parent.{parent.column(there)} = child.{here}" for here, there in zip(columns, key.parent_columns, strict=True)
    ]
    query = (
        f"SELECT {child.keys} AS key FROM {_only(child)} child WHERE {not_null(f'child.{each}' for each in columns)} "  # noqa: S608
        f"AND NOT EXISTS (SELECT FROM {_only(parent)} parent WHERE {' AND '.join(pairs)}) LIMIT {MOST_COUNTED + 1}"
    )
    keys = [key_text(row["key"], child.key_kinds) for row in session.rows(query)]
    return Look(passed=not keys, evidence=told(keys) if keys else "", seen=human_count(len(keys)))


def _only(relation: Relation) -> str:
    """Without heirs, which a foreign key is not about; partitions belong to their table."""
    return f"{'ONLY ' if relation.kind == 'r' else ''}{quoted(relation.schema, relation.name)}"
