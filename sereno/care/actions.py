"""What an operator may ask for: vacuum a table, rebuild an index that needs it, end one session."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sereno.care.looking import PURPOSE, Seen, Unseen
from sereno.care.page.area import size
from sereno.care.page.index_area import is_bloated
from sereno.care.sessions import Session
from sereno.database.maintenance import MaintenanceSession, maintaining
from sereno.database.sessions import reading
from sereno.errors import RefusedError, SerenoError
from sereno.reports.build import human_seconds
from sereno.reports.model import Finding
from sereno.systems.model import System

_RELATIONS = """
    SELECT n.nspname::text AS schema, c.relname::text AS name, c.relkind::text AS kind,
           format('%I.%I', n.nspname, c.relname) AS label, quote_ident(c.relname) AS quoted
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm', 'p', 'i') AND c.relpersistence <> 't'
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
"""
_BYTES = """
    SELECT CASE WHEN c.relkind = 'i' THEN pg_catalog.pg_relation_size(c.oid)
                ELSE pg_catalog.pg_table_size(c.oid) END AS bytes,
           coalesce(i.indisvalid, true) AS valid
    FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
    LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
    WHERE n.nspname = :schema AND c.relname = :name
"""
_HANDLE = r"\d+@[\dT:-]+Z"


class Verb(StrEnum):
    """What is done."""

    VACUUM = "VACUUM (ANALYZE)"
    REINDEX = "REINDEX INDEX CONCURRENTLY"
    END = "end session"


@dataclass(frozen=True, kw_only=True)
class Action:
    """Something that was asked for and can be done. A session has a pid and a beginning, the others a name."""

    verb: Verb
    label: str
    why: str
    schema: str = ""
    name: str = ""
    pid: int = 0
    started_at: datetime | None = None

    def __str__(self) -> str:
        return f"{self.verb} {self.label}"


@dataclass(frozen=True, kw_only=True)
class _Relation:
    schema: str
    name: str
    kind: str
    label: str
    quoted: str

    def is_called(self, name: str) -> bool:
        return name in (self.label, self.quoted, self.name, f"{self.schema}.{self.name}")


def plan_actions(
    system: System, seen: Seen, *, vacuum: Sequence[str], reindex: Sequence[str], end_session: str
) -> tuple[Action, ...]:
    """What would be done, in this order: sessions first, as they may hold up the rest. Nothing is changed.

    Raises:
        RefusedError: there is no such table, index or session, or nothing is the matter with the index.
    """
    if not (vacuum or reindex or end_session):
        return ()
    with reading(system, purpose=PURPOSE) as session:
        relations = [_Relation(**row) for row in session.rows(_RELATIONS)]
    ended = [_session(end_session, seen)] if end_session else []
    vacuumed = [_vacuum(_found(name, relations, kinds="rmp", what="table"), seen) for name in vacuum]
    rebuilt = [_reindex(_found(name, relations, kinds="i", what="index"), system, seen) for name in reindex]
    return (*ended, *vacuumed, *rebuilt)


def carry_out(system: System, action: Action) -> Finding:
    """Do one action; what became of it, whatever that is. One that fails stops none of the others."""
    begun = time.monotonic()
    try:
        evidence = _done(system, action)
    except SerenoError as error:
        left = f"\n→ {_leftover(action)}" if action.verb is Verb.REINDEX else ""
        return Finding(name=f"{action} is done", passed=False, evidence=f"{error}{left}")
    took = human_seconds(time.monotonic() - begun)
    return Finding(name=f"{action} is done", passed=True, evidence=f"{evidence} in {took}")


def _done(system: System, action: Action) -> str:
    at_most = timedelta(minutes=system.care.action_minutes)
    with maintaining(system, purpose=PURPOSE, at_most=at_most) as session:
        if action.verb is Verb.END and action.started_at:
            if not session.end_session(action.pid, action.started_at):
                raise RefusedError("it is not there any more, or did not go within five seconds: look again")
            return "it is gone"
        before, _ = _state(system, action)
        commands: dict[Verb, Callable[[MaintenanceSession], None]] = {
            Verb.VACUUM: lambda each: each.vacuum(action.schema, action.name),
            Verb.REINDEX: lambda each: each.reindex(action.schema, action.name),
        }
        commands[action.verb](session)
    after, valid = _state(system, action)
    if not valid:
        raise RefusedError("the index is still invalid; look at the page again")
    return f"{size(before)} became {size(after)}"


def _state(system: System, action: Action) -> tuple[int | None, bool]:
    with reading(system, purpose=PURPOSE) as session:
        row = next(session.rows(_BYTES, {"schema": action.schema, "name": action.name}), None)
    return (row["bytes"], row["valid"]) if row else (None, False)


def _leftover(action: Action) -> str:
    return (
        f"an interrupted rebuild leaves an invalid index whose name ends in _ccnew beside {action.label}; the page "
        "lists it, and DROP INDEX CONCURRENTLY takes it away"
    )


def _found(name: str, relations: Sequence[_Relation], *, kinds: str, what: str) -> _Relation:
    found = [each for each in relations if each.kind in kinds and each.is_called(name)]
    if not found:
        raise RefusedError(f"there is no {what} {name!r} in the database; nothing was done")
    if len(found) > 1:
        labels = " or ".join(each.label for each in found)
        raise RefusedError(f"{name!r} could be {labels}; write which. Nothing was done")
    return found[0]


def _vacuum(relation: _Relation, seen: Seen) -> Action:
    tables = () if isinstance(seen.tables, Unseen) else seen.tables
    known = next((each for each in tables if each.name == relation.label), None)
    why = f"{size(known.table_bytes)}, {known.dead_percent:.0f} % of its rows are dead" if known else "as asked"
    return Action(verb=Verb.VACUUM, label=relation.label, schema=relation.schema, name=relation.name, why=why)


def _reindex(relation: _Relation, system: System, seen: Seen) -> Action:
    if isinstance(seen.indexes, Unseen):
        raise RefusedError(f"the indexes cannot be looked at, so none is rebuilt: {seen.indexes.reason}")
    index = next((each for each in seen.indexes if each.name == relation.label), None)
    if index is None or not (is_bloated(index, system.care) or not index.is_valid):
        raise RefusedError(f"{relation.label} is valid, and not swollen as far as the role can see; nothing was done")
    if index.being_built:
        raise RefusedError(f"{relation.label} is being built just now; nothing was done")
    if index.is_leftover:
        raise RefusedError(
            f"{relation.label} was left by a rebuild that was interrupted: DROP INDEX CONCURRENTLY {relation.label} "
            "instead of rebuilding it; nothing was done"
        )
    why = f"about {index.empty_percent:.0f} % empty" if index.is_valid else "it is invalid"
    return Action(verb=Verb.REINDEX, label=relation.label, schema=relation.schema, name=relation.name, why=why)


def _session(handle: str, seen: Seen) -> Action:
    if isinstance(seen.sessions, Unseen):
        raise RefusedError(f"the sessions cannot be looked at, so none is ended: {seen.sessions.reason}")
    if not re.fullmatch(_HANDLE, handle.strip()):
        raise RefusedError(
            f"{handle[:80]!r} names no session; take it from the page, such as 4711@2026-11-23T02:00:13Z"
        )
    known = next((each for each in seen.sessions.of_database if each.handle == handle.strip()), None)
    if known is None:
        raise RefusedError(f"there is no session {handle} on the database (any more); nothing was done")
    return Action(verb=Verb.END, label=str(known.pid), pid=known.pid, started_at=known.started_at, why=_about(known))


def _about(session: Session) -> str:
    seconds = session.state_seconds or 0.0
    return f"of {session.role}, {session.state} for {human_seconds(seconds)}; what it has not committed is lost"
