"""What `pg_stat_statements` has counted: who called what, how often, and how long it took."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sereno.care.statement_text import normalised
from sereno.database.read_session import ReadSession
from sereno.errors import ContractError

MISSING = (
    "the extension pg_stat_statements is not in this database: put it into shared_preload_libraries, restart the "
    "server, and CREATE EXTENSION pg_stat_statements"
)
_WHERE = """
    SELECT quote_ident(n.nspname) AS schema FROM pg_catalog.pg_extension e
    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'
"""
_HIDDEN = "SELECT count(*) AS hidden FROM {schema}.pg_stat_statements WHERE queryid IS NULL"
_SINCE = "SELECT stats_reset AS counted_since FROM {schema}.pg_stat_statements_info"
_COUNTED = """
    SELECT s.queryid::text AS id, min(s.query) AS text, sum(s.calls)::bigint AS calls,
           sum(s.total_exec_time)::float8 AS milliseconds, sum(s.rows)::bigint AS rows
    FROM {schema}.pg_stat_statements s
    WHERE s.dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())
      AND s.queryid IS NOT NULL
    GROUP BY s.queryid
    ORDER BY sum(s.total_exec_time) DESC
"""
_OWN = re.compile(r'"sereno_\d+"')
"""The cursors through which Sereno reads."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A normalised statement of the system's database, of all roles together, since the counters began."""

    id: str
    text: str
    calls: int
    milliseconds: float
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Statements:
    """All that are counted; the one that took most time first. `hidden` ones belong to other roles."""

    statements: tuple[Statement, ...]
    counted_since: datetime | None
    hidden: int


def look(session: ReadSession) -> Statements:
    """Ask the extension.

    Raises:
        ContractError: it is not there, or was not loaded when the server started.
    """
    schema = next((row["schema"] for row in session.rows(_WHERE)), None)
    if schema is None:
        raise ContractError(MISSING)
    hidden = next(session.rows(_HIDDEN.format(schema=schema)))["hidden"]
    since = next(session.rows(_SINCE.format(schema=schema)))["counted_since"]
    counted = [
        Statement(**{**row, "text": normalised(row["text"])})
        for row in session.rows(_COUNTED.format(schema=schema))
        if not _OWN.search(row["text"])
    ]
    return Statements(statements=tuple(counted), counted_since=since, hidden=hidden)
