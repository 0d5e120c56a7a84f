"""Is what PostgreSQL built out of the rows whole: valid constraints, valid indexes, pages that are right?"""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from psycopg import sql

from sereno.database.connection import PINNED, UNHURRIED, connect, translated
from sereno.drill.database import PURPOSE
from sereno.progress import Progress, silent
from sereno.reports.model import Finding
from sereno.systems.secrets import Secret

_FIRST_OF_USERS = 16_384  # objects with lower oids are PostgreSQL's own
_HEAPS_SINCE = 140_000
_MOST_SHOWN = 10
_SCHEMA = "sereno_drill"

_UNVALIDATED = """
SELECT pg_catalog.format('%%I of %%I.%%I', k.conname, n.nspname, c.relname)
FROM pg_catalog.pg_constraint k
JOIN pg_catalog.pg_class c ON c.oid = k.conrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT k.convalidated AND k.oid >= %s ORDER BY 1
"""

_INVALID = """
SELECT pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_index i
JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE NOT (i.indisvalid AND i.indisready AND i.indislive) AND c.oid >= %s ORDER BY 1
"""

_RELATIONS = """
SELECT c.oid::bigint, pg_catalog.format('%%I.%%I', n.nspname, c.relname)
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace JOIN pg_catalog.pg_am a ON a.oid = c.relam
WHERE a.amname = %s AND c.relkind = ANY(%s) AND c.relpersistence <> 't' AND c.oid >= %s
  AND NOT EXISTS (SELECT 1 FROM pg_catalog.pg_index i
                  WHERE i.indexrelid = c.oid AND NOT (i.indisvalid AND i.indisready))
ORDER BY c.relpages DESC, c.oid
"""


def prove_structure(target: Secret, *, progress: Progress = silent) -> tuple[Finding, ...]:
    """Findings about the constraints, the indexes and the pages of a restored database.

    It puts the extension `amcheck` into the database, so the schema has to be proven before.
    """
    settings = {**PINNED, **UNHURRIED}
    with (
        connect(target.resolve(), purpose=PURPOSE, settings=settings, read_only=False, autocommit=True) as connection,
        translated("checking the restored database"),
    ):
        unvalidated = _names(connection, _UNVALIDATED)
        invalid = _names(connection, _INVALID)
        advice = "; the backup holds them so: mend their rows in the system, then VALIDATE CONSTRAINT"
        return (
            _none("every constraint is validated", unvalidated, advice=advice, required=False),
            _none("every index is valid", invalid, advice="", required=True),
            *_page_findings(connection, progress),
        )


def _page_findings(connection: psycopg.Connection, progress: Progress) -> Iterator[Finding]:
    schema = _amcheck(connection)
    if schema is None:
        yield Finding(
            name="indexes and pages are right (amcheck)",
            passed=False,
            required=False,
            evidence="not looked at: the server has no extension amcheck, or the role may not create it",
        )
        return
    indexes = _relations(connection, "btree", ["i"])
    heaps = _relations(connection, "heap", ["r", "t", "m"])
    done = _Count(progress, total=len(indexes) + len(heaps))
    whole_index = sql.SQL("SELECT {}.bt_index_check(%s::oid::regclass, true)").format(sql.Identifier(schema))
    wrong = [problem for index in indexes if (problem := _wrong(connection, whole_index, *index, done))]
    yield _none("B-tree indexes hold every row (amcheck)", wrong, advice="", required=True, seen=len(indexes))
    if connection.info.server_version < _HEAPS_SINCE:
        return
    whole_heap = sql.SQL("SELECT msg FROM {}.verify_heapam(%s::oid::regclass, check_toast => true) LIMIT 1")
    checked = whole_heap.format(sql.Identifier(schema))
    wrong = [problem for heap in heaps if (problem := _wrong(connection, checked, *heap, done))]
    yield _none("pages of tables are right (amcheck)", wrong, advice="", required=True, seen=len(heaps))


def _amcheck(connection: psycopg.Connection) -> str | None:
    """The schema of the extension `amcheck`, made where it can be; None where it cannot."""
    query = """SELECT n.nspname FROM pg_catalog.pg_extension x
               JOIN pg_catalog.pg_namespace n ON n.oid = x.extnamespace WHERE x.extname = 'amcheck'"""
    if (row := connection.execute(query).fetchone()) is not None:
        return str(row[0])
    try:
        with connection.transaction():
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(_SCHEMA)))
            connection.execute(sql.SQL("CREATE EXTENSION amcheck SCHEMA {}").format(sql.Identifier(_SCHEMA)))
    except (psycopg.errors.FeatureNotSupported, psycopg.errors.UndefinedFile, psycopg.errors.InsufficientPrivilege):
        return None
    return _SCHEMA


def _wrong(connection: psycopg.Connection, check: sql.Composed, oid: int, name: str, done: _Count) -> str | None:
    """What amcheck says against one relation."""
    done.one_more(name)
    try:
        row = connection.execute(check, (oid,)).fetchone()
    except (psycopg.errors.IndexCorrupted, psycopg.errors.DataCorrupted) as error:
        return f"{name}: {error.diag.message_primary}"
    return f"{name}: {row[0]}" if row and row[0] else None


class _Count:
    def __init__(self, progress: Progress, *, total: int) -> None:
        self._progress, self._total, self._done = progress, total, 0

    def one_more(self, name: str) -> None:
        self._done += 1
        what = f"{name}, {self._done:,} of {self._total:,}"
        self._progress(done=self._done, total=self._total, what=what)


def _names(connection: psycopg.Connection, query: str) -> list[str]:
    return [row[0] for row in connection.execute(query.encode(), (_FIRST_OF_USERS,))]


def _relations(connection: psycopg.Connection, method: str, kinds: list[str]) -> list[tuple[int, str]]:
    rows = connection.execute(_RELATIONS, (method, kinds, _FIRST_OF_USERS)).fetchall()
    return [(oid, name) for oid, name in rows]


def _none(name: str, offenders: list[str], *, advice: str, required: bool, seen: int | None = None) -> Finding:
    """A finding that holds when there are no `offenders`."""
    listed = "; ".join(offenders[:_MOST_SHOWN])
    more = f" and {len(offenders) - _MOST_SHOWN} more" if len(offenders) > _MOST_SHOWN else ""
    looked_at = f"{seen:,} looked at" if seen is not None else ""
    evidence = f"{listed}{more}{advice}" if offenders else looked_at
    return Finding(name=name, passed=not offenders, required=required, evidence=evidence)
