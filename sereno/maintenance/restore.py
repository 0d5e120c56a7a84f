"""Bringing archived rows back into their table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sereno.database.names import quoted
from sereno.database.sessions import ChangeSession, ReadSession, reading
from sereno.errors import ContractError
from sereno.maintenance.archive import Archive, Part, PartHeader
from sereno.maintenance.own_sql import brief_changes, own
from sereno.progress import Meter, Progress, silent
from sereno.systems.model import System

_ROWS_AT_ONCE = 1_000
_COLUMNS = """
SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type
FROM pg_catalog.pg_attribute a
JOIN pg_catalog.pg_class c ON c.oid = a.attrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = :schema AND c.relname = :table AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
ORDER BY a.attnum
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What was, or would be, brought back from an archive."""

    archive: str
    table: str
    parts: int
    rows: int
    """Archived rows."""
    brought_back: int
    """Rows that were not there; the others are, and stay as they are."""


def preview_archive(system: System, archive: Archive) -> Restored:
    """Read every part, and compare it with the table; nothing is changed. `brought_back` is what would be.

    Raises:
        IntegrityError: a part is not what was written, or one is missing.
        ContractError: the table is not there, or has other columns now.
        StorageError, SystemUnavailableError: the store or the database does not answer.
    """
    archive.require_no_gap()
    rows = there = 0
    header: PartHeader | None = None
    with reading(system, purpose="maintenance: archive") as session:
        for file in archive.parts():
            part = archive.read_part(file)
            header = part.header
            _require_columns(session, header)
            rows += len(part.rows)
            there += sum(_there(session, part, chosen) for chosen in _in_portions(part.rows))
    assert header is not None
    return Restored(
        archive=archive.id,
        table=f"{header.table_schema}.{header.table}",
        parts=len(archive.parts()),
        rows=rows,
        brought_back=rows - there,
    )


def restore_archive(system: System, archive: Archive, *, progress: Progress = silent) -> Restored:
    """Insert every archived row that is not there, in short transactions; it can be repeated.

    Raises:
        IntegrityError: a part is not what was written; parts before it were brought back.
        ContractError: the table is not there, has other columns now, or refuses a row.
        StorageError, SystemUnavailableError: the store or the database does not answer.
    """
    seen = preview_archive(system, archive)
    meter, brought_back = Meter(seen.rows, progress), 0
    with brief_changes(system, purpose="maintenance: restore archive") as session:
        for file in archive.parts():
            part = archive.read_part(file)
            for rows in _in_portions(part.rows):
                brought_back += _insert(session, part, rows)
                meter.add(len(rows), seen.table)
    return Restored(archive=seen.archive, table=seen.table, parts=seen.parts, rows=seen.rows, brought_back=brought_back)


def _in_portions(rows: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    return (rows[first : first + _ROWS_AT_ONCE] for first in range(0, len(rows), _ROWS_AT_ONCE))


def _there(session: ReadSession, part: Part, rows: tuple[str, ...]) -> int:
    """How many of the rows are in their table, by their keys."""
    header = part.header
    same = " AND ".join(f"t.{quoted(key)} = CAST(r.{quoted(key)} AS {header.columns[key]})" for key in header.keys)
    texts = ", ".join(f"{quoted(key)} text" for key in header.keys)
    query = (
        f"SELECT count(*) AS there FROM {quoted(header.table_schema, header.table)} t "  # noqa: S608
        f"JOIN json_to_recordset(CAST(:rows AS json)) r ({texts}) ON {same}"
    )
    return int(next(session.rows(query, {"rows": _as_array(rows)}))["there"])


def _as_array(rows: tuple[str, ...]) -> str:
    return f"[{','.join(rows)}]"


def _insert(session: ChangeSession, part: Part, rows: tuple[str, ...]) -> int:
    columns = part.header.columns
    names = ", ".join(quoted(name) for name in columns)
    values = ", ".join(f"CAST(r.{quoted(name)} AS {kind})" for name, kind in columns.items())
    texts = ", ".join(f"{quoted(name)} text" for name in columns)
    statement = (
        f"INSERT INTO {quoted(part.header.table_schema, part.header.table)} ({names}) OVERRIDING SYSTEM VALUE "  # noqa: S608
        f"SELECT {values} FROM json_to_recordset(CAST(:rows AS json)) r ({texts}) ON CONFLICT DO NOTHING"
    )
    with session.transaction():
        return session.execute(own(statement), {"rows": _as_array(rows)})


def _require_columns(session: ReadSession, header: PartHeader) -> None:
    place = {"schema": header.table_schema, "table": header.table}
    now = {row["name"]: row["type"] for row in session.rows(_COLUMNS, place)}
    if not now:
        raise ContractError(f"there is no table {header.table_schema}.{header.table} to bring the rows back to")
    for name, kind in header.columns.items():
        if name not in now:
            raise ContractError(f"{header.table} has no column {name} any more; bring the rows back by hand")
        if now[name] != kind:
            raise ContractError(f"{header.table}.{name} was {kind} and is {now[name]} now; bring the rows back by hand")
