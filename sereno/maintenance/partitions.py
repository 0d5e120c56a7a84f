"""Partitions that hold nothing but old rows: found, and dropped whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime

from sereno.database.names import quoted
from sereno.database.sessions import ReadSession
from sereno.errors import ContractError
from sereno.maintenance.statements import Statements
from sereno.systems.sections.maintenance import Purge

_PARTITIONS = """
SELECT c.oid::bigint AS oid, n.nspname::text AS schema, c.relname::text AS name,
       pg_catalog.pg_get_expr(c.relpartbound, c.oid) AS bound
FROM pg_catalog.pg_inherits i
JOIN pg_catalog.pg_class c ON c.oid = i.inhrelid
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE i.inhparent = CAST(:oid AS oid) AND c.relkind = 'r' AND NOT i.inhdetachpending
ORDER BY c.oid
"""
_UPPER = re.compile(r"^FOR VALUES FROM \(.*\) TO \('?([^'()]+)'?\)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A partition all of whose rows go."""

    oid: int
    schema: str
    name: str
    rows: int

    @property
    def quoted(self) -> str:
        """Its name as SQL needs it."""
        return quoted(self.schema, self.name)

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}"


def old_partitions(
    session: ReadSession, purge: Purge, statements: Statements, value: datetime | date | int
) -> tuple[Partition, ...]:
    """The partitions that may be dropped, the oldest first, at most `purge.drop_partitions`.

    Raises:
        ContractError: the table is not partitioned by ranges of the purge's column.
    """
    table = statements.table
    if table.partitioned_by != table.age.name:
        raise ContractError(
            f"purges[{purge.name}]: drop_partitions needs {purge.table} to be partitioned by range of "
            f"{purge.older_than} alone"
        )
    found: list[Partition] = []
    for _, partition in sorted(_ended(session, statements, value), key=lambda each: each[0]):
        if len(found) == purge.drop_partitions:
            break
        row = next(session.rows(statements.old_in(quoted(partition.schema, partition.name)), {"cutoff": value}))
        if row["rows"] == row["old"]:
            found.append(Partition(oid=partition.oid, schema=partition.schema, name=partition.name, rows=row["rows"]))
    return tuple(found)


def _ended(
    session: ReadSession, statements: Statements, value: datetime | date | int
) -> Iterator[tuple[datetime | date | int, Partition]]:
    """The partitions whose upper bound is not after the cutoff."""
    kind = statements.cutoff_type
    query = f"SELECT CAST(:upper AS {kind}) AS upper, CAST(:upper AS {kind}) <= CAST(:cutoff AS {kind}) AS ended"
    for row in list(session.rows(_PARTITIONS, {"oid": statements.table.oid})):
        bound = _UPPER.match(row.pop("bound"))
        if bound is None or bound[1] == "MAXVALUE":
            continue
        answer = next(session.rows(query, {"upper": bound[1], "cutoff": value}))
        if answer["ended"]:
            yield answer["upper"], Partition(rows=0, **row)
