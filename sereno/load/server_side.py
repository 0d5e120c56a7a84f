"""The database's side of a load check: its connections and slowest statements in the same window.

Everything is read through a reading session, twice a second. Where the statistics cannot be read, a sentence says so
and the load check goes on.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from sereno.database.sessions import ReadSession, Row, reading
from sereno.errors import SerenoError
from sereno.load.statement_text import without_literals
from sereno.systems.model import System

_EVERY_SECONDS = 0.5
_LAST_LOOK_SECONDS = 30.0
_MOST_STATEMENTS = 500
_CLEAR = "SELECT pg_catalog.pg_stat_clear_snapshot() IS NULL AS cleared"
_CONNECTIONS = """
SELECT count(*) AS connections,
       count(*) FILTER (WHERE state = 'active') AS active,
       count(*) FILTER (WHERE state LIKE 'idle in transaction%') AS in_transaction,
       count(*) FILTER (WHERE wait_event_type = 'Lock') AS waiting,
       count(*) FILTER (WHERE state IS NULL) AS hidden,
       pg_catalog.current_setting('max_connections')::int AS allowed
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND coalesce(backend_type, 'client backend') = 'client backend'
  AND coalesce(application_name, '') NOT LIKE 'sereno %' AND pid <> pg_catalog.pg_backend_pid()
"""
_RUNNING = """
SELECT query, extract(epoch FROM pg_catalog.clock_timestamp() - query_start)::float8 AS seconds
FROM pg_catalog.pg_stat_activity
WHERE datname = pg_catalog.current_database() AND state = 'active' AND query_start IS NOT NULL
  AND application_name NOT LIKE 'sereno %' AND pid <> pg_catalog.pg_backend_pid()
ORDER BY query_start LIMIT 50
"""
_EXTENSION = """
SELECT pg_catalog.quote_ident(n.nspname) AS schema
FROM pg_catalog.pg_extension e JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
WHERE e.extname = 'pg_stat_statements'
"""
_STATEMENTS = """
SELECT queryid::text AS id, min(query) AS query, sum(calls)::float8 AS calls,
       sum(total_exec_time)::float8 / 1000 AS seconds
FROM {schema}.pg_stat_statements
WHERE dbid = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
  AND queryid IS NOT NULL AND query !~ '(sereno_[0-9]|pg_stat_)' -- not what is asked here itself
GROUP BY queryid ORDER BY sum(total_exec_time) DESC LIMIT 2000
"""


@dataclass(frozen=True, kw_only=True)
class Statement:
    """A statement without its literals. `seconds` in all where they were counted, else the longest one seen."""

    text: str
    times: int
    """How often it was called where that was counted, else in how many looks it was seen."""
    seconds: float


@dataclass(kw_only=True)
class ServerSide:
    """What was seen of the database. The counts are the largest of all looks."""

    looks: int = 0
    connections: int = 0
    active: int = 0
    in_transaction: int = 0
    waiting: int = 0
    hidden: int = 0
    allowed: int = 0
    counted: bool = False
    """Whether pg_stat_statements counted the statements; else they are those that looks came upon."""
    statements: tuple[Statement, ...] = ()
    problem: str = ""
    """Why nothing, or not everything, was seen."""
    seen: dict[str, Statement] = field(default_factory=dict, repr=False)


@contextmanager
def watched_server(system: System) -> Iterator[ServerSide]:
    """Look at the system's database while the block runs; what was seen is complete after it."""
    side, over = ServerSide(), threading.Event()
    ready = threading.Event()
    watcher = threading.Thread(target=_watch, args=(system, side, ready, over), name="server side", daemon=True)
    watcher.start()
    ready.wait(_LAST_LOOK_SECONDS)
    try:
        yield side
    finally:
        over.set()
        watcher.join(_LAST_LOOK_SECONDS)


def _watch(system: System, side: ServerSide, ready: threading.Event, over: threading.Event) -> None:
    try:
        with reading(system, purpose="load check") as session:
            schema, before = _counted_statements(session, side)
            _look(session, side)
            ready.set()
            while not over.wait(_EVERY_SECONDS):
                _look(session, side)
            _look(session, side)
            if schema:
                after = _statements(session, schema)
                side.counted, side.seen = True, _since(before, after)
    except SerenoError as error:
        side.problem = str(error)
    finally:
        ready.set()
    if side.hidden and not side.problem:
        side.problem = (
            f"the state of {side.hidden} of {side.connections} connections is hidden from the role; "
            "GRANT pg_read_all_stats to it to see what they do"
        )
    side.statements = tuple(sorted(side.seen.values(), key=lambda statement: -statement.seconds)[:10])


def _look(session: ReadSession, side: ServerSide) -> None:
    _only(session, _CLEAR)
    counts = _only(session, _CONNECTIONS)
    for name in ("connections", "active", "in_transaction", "waiting", "hidden", "allowed"):
        setattr(side, name, max(getattr(side, name), int(counts[name])))
    side.looks += 1
    for row in session.rows(_RUNNING):
        text = without_literals(row["query"])
        known = side.seen.get(text)
        if known or len(side.seen) < _MOST_STATEMENTS:
            times, longest = (known.times, known.seconds) if known else (0, 0.0)
            side.seen[text] = Statement(text=text, times=times + 1, seconds=max(longest, row["seconds"]))


def _counted_statements(session: ReadSession, side: ServerSide) -> tuple[str, Mapping[str, Row]]:
    """The schema of pg_stat_statements and what it has counted so far; nothing where it is not to be had."""
    found = list(session.rows(_EXTENSION))
    if not found:
        return "", {}
    try:
        return found[0]["schema"], _statements(session, found[0]["schema"])
    except SerenoError as error:
        side.problem = f"pg_stat_statements cannot be read: {error}"
        return "", {}


def _statements(session: ReadSession, schema: str) -> dict[str, Row]:
    return {row["id"]: row for row in session.rows(_STATEMENTS.format(schema=schema))}


def _since(before: Mapping[str, Row], after: Mapping[str, Row]) -> dict[str, Statement]:
    nothing = {"calls": 0.0, "seconds": 0.0}
    grown = {}
    for identifier, row in after.items():
        earlier = before.get(identifier, nothing)
        calls, seconds = row["calls"] - earlier["calls"], row["seconds"] - earlier["seconds"]
        if calls > 0:
            grown[identifier] = Statement(text=without_literals(row["query"]), times=round(calls), seconds=seconds)
    return grown


def _only(session: ReadSession, query: str) -> Row:
    return next(iter(session.rows(query)))
