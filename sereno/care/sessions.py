"""Who is connected, for how long, and who waits for whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sereno.care.statement_text import normalised
from sereno.database.read_session import ReadSession

# locks and who holds them are shown to every role; the rest of a session to its own role and to pg_monitor
_SESSIONS = """
    SELECT a.pid, a.usename::text AS role, coalesce(a.application_name, '') AS application,
           a.datname = current_database() AS here, a.state, a.backend_start AS started_at,
           extract(epoch FROM clock_timestamp() - a.xact_start)::float8 AS transaction_seconds,
           extract(epoch FROM clock_timestamp() - a.query_start)::float8 AS query_seconds,
           extract(epoch FROM clock_timestamp() - a.state_change)::float8 AS state_seconds,
           coalesce(a.query, '') AS query
    FROM pg_catalog.pg_stat_activity a
    WHERE a.datid IS NOT NULL AND a.usesysid IS NOT NULL AND a.pid <> pg_catalog.pg_backend_pid()
      AND coalesce(a.backend_type, 'client backend') = 'client backend' AND a.leader_pid IS NULL
    ORDER BY a.pid
"""

_WAITS = """
    SELECT l.pid, pg_catalog.pg_blocking_pids(l.pid) AS blockers,
           coalesce(max(extract(epoch FROM clock_timestamp() - l.waitstart)), 0)::float8 AS seconds,
           min(l.mode || ' on ' || CASE
               WHEN l.relation IS NOT NULL AND l.database = d.oid
               THEN coalesce((SELECT format('%I.%I', n.nspname, c.relname) FROM pg_catalog.pg_class c
                              JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = l.relation),
                             'a table')
               WHEN l.locktype = 'transactionid' THEN 'a row that it changed'
               ELSE l.locktype END) AS lock
    FROM pg_catalog.pg_locks l
    JOIN pg_catalog.pg_database d ON d.datname = current_database()
    WHERE NOT l.granted AND l.pid IS NOT NULL AND (l.database IS NULL OR l.database IN (0, d.oid))
    GROUP BY l.pid
    ORDER BY l.pid
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """A client's session. What its role does not show is None; `query` is normalised and holds no value."""

    pid: int
    role: str | None
    application: str
    here: bool
    """Whether it is on the system's database; sessions on others take connections too."""
    state: str | None
    started_at: datetime | None
    transaction_seconds: float | None
    query_seconds: float | None
    state_seconds: float | None
    query: str

    @property
    def hidden(self) -> bool:
        """Whether it cannot be seen what it does."""
        return self.started_at is None

    @property
    def idle_in_transaction(self) -> bool:
        """Whether it holds a transaction and does nothing."""
        return (self.state or "").startswith("idle in transaction")

    @property
    def handle(self) -> str:
        """What names this session and no later one with the same pid; the job's `end_session` takes it."""
        return f"{self.pid}@{self.started_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if self.started_at else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A session that waits for a lock. The pid 0 among `blockers` is a prepared transaction."""

    pid: int
    blockers: tuple[int, ...]
    seconds: float
    lock: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sessions:
    """All of them."""

    sessions: tuple[Session, ...]
    waits: tuple[Wait, ...]

    @property
    def of_database(self) -> tuple[Session, ...]:
        """Those on the system's database."""
        return tuple(session for session in self.sessions if session.here)


def look(session: ReadSession) -> Sessions:
    """Ask the server."""
    sessions = [Session(**{**row, "query": normalised(row["query"])}) for row in session.rows(_SESSIONS)]
    waits = [Wait(**{**row, "blockers": tuple(dict.fromkeys(row["blockers"]))}) for row in session.rows(_WAITS)]
    return Sessions(sessions=tuple(sessions), waits=tuple(wait for wait in waits if wait.blockers))


@dataclass(frozen=True, slots=True)
class Branch:
    """A line of the blocker tree: `depth` 0 is who holds everybody up."""

    pid: int
    depth: int


def blocker_tree(waits: Sequence[Wait]) -> list[Branch]:
    """Who holds up whom, each waiting session below the one that it waits for, and each shown once."""
    blockers = {wait.pid: wait.blockers for wait in waits}
    roots = [pid for pid in dict.fromkeys(pid for each in blockers.values() for pid in each) if pid not in blockers]
    lines: list[Branch] = []
    shown: set[int] = set()
    for root in [*roots, *blockers]:  # those that wait in a circle have no root
        lines += _below(root, 0, blockers, shown)
    return lines


def _below(pid: int, depth: int, blockers: Mapping[int, Sequence[int]], shown: set[int]) -> Iterator[Branch]:
    waiting = [(pid, depth)]
    while waiting:
        here, level = waiting.pop()
        if here in shown:
            continue
        shown.add(here)
        yield Branch(here, level)
        held_up = [each for each, by in blockers.items() if here in by]
        waiting += [(each, level + 1) for each in reversed(held_up)]
