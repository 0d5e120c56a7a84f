"""Idle API clients: found by the system's own query, deactivated by its own statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from pydantic import JsonValue

from sereno.database.sessions import ReadSession, reading
from sereno.errors import ConfigurationError, IntegrityError
from sereno.intents import Figures, carry_out, resume
from sereno.ledger import open_ledger
from sereno.maintenance.actions import IDLE_STEP
from sereno.maintenance.intents import intent_log
from sereno.maintenance.own_sql import brief_changes, in_turn
from sereno.maintenance.wishes import Wishes
from sereno.systems.contracts.maintenance import IDLE_CANDIDATES, IDLE_DEACTIVATE
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleOutcome:
    """Which clients are idle, and what was done about them. With a `problem` it is not known, or was not done."""

    cutoff: datetime
    idle_days: int
    limit: int
    candidates: int = 0
    chosen: tuple[Any, ...] = ()
    """The keys of those that are deactivated in this run, in the query's order."""
    deactivated: int = 0
    before: Mapping[str, int] = field(default_factory=dict)
    """How many earlier runs deactivated that were killed before they could report it, by their ids."""
    problem: str = ""
    unnoted: str = ""
    """Why the system's own audit table does not know of it."""


def find_idle(system: System, wishes: Wishes) -> IdleOutcome:
    """Ask which clients are idle; nothing is changed.

    Raises:
        ConfigurationError: the system's folder lacks the query.
        ContractError: it is no plain SELECT, would change something, or gives no column `id`.
        RefusedError: a policy would hide rows.
        SystemUnavailableError: the database does not answer, or took too long.
    """
    query = _file(system, IDLE_CANDIDATES.stem)
    _file(system, IDLE_DEACTIVATE.stem)
    with reading(system, purpose="maintenance: idle clients") as session:
        ids = _ids(session, query, wishes.idle_cutoff)
    return IdleOutcome(
        cutoff=wishes.idle_cutoff,
        idle_days=wishes.idle_days or 0,
        limit=wishes.idle_limit,
        candidates=len(ids),
        chosen=tuple(ids[: wishes.idle_limit]),
    )


def deactivate(system: System, found: IdleOutcome, *, run_id: str, now: datetime) -> IdleOutcome:
    """Deactivate the clients that were found, in one transaction.

    Raises:
        IntegrityError: the system's statement would change more rows than it was given; nothing was changed.
        SerenoError: nothing was changed, or the next run finds out.
    """
    if not found.chosen:
        return found
    statement = _file(system, IDLE_DEACTIVATE.stem)
    said: dict[str, JsonValue] = {"ids": [str(each) for each in found.chosen], "cutoff": found.cutoff.isoformat()}

    def commit(_: object) -> Figures:
        with brief_changes(system, purpose="maintenance: deactivate") as session, in_turn(session, name=_turn(system)):
            changed = session.execute(statement, {"ids": list(found.chosen), "now": now})
            if changed > len(found.chosen):
                raise IntegrityError(
                    f"{statement.where} changed {changed:,} rows when it was given {len(found.chosen):,} ids; nothing "
                    "was committed: it has to change the rows with these ids and no others"
                )
        return {"deactivated": changed}

    with open_ledger() as ledger:
        log = intent_log(ledger, system.name, IDLE_STEP, run_id)
        figures = carry_out(log, [said], commit, lambda _: _was_deactivated(system, said))
    return replace(found, deactivated=figures["deactivated"])


def resume_idle(system: System, *, run_id: str) -> None:
    """Learn what became of the deactivation that a killed run left open.

    Raises:
        SerenoError: the system or the ledger does not answer.
    """
    with open_ledger() as ledger:
        log = intent_log(ledger, system.name, IDLE_STEP, run_id)
        resume(log, lambda keys: _was_deactivated(system, keys[0]))


def _was_deactivated(system: System, said: Any) -> Figures | None:
    """What the transaction did; None when clients of it are idle still. It waits for one that is under way."""
    with brief_changes(system, purpose="maintenance: ask") as changes, in_turn(changes, name=_turn(system)):
        pass
    with reading(system, purpose="maintenance: ask") as session:
        query = _file(system, IDLE_CANDIDATES.stem)
        idle = {str(each) for each in _ids(session, query, datetime.fromisoformat(said["cutoff"]))}
    return None if idle.intersection(said["ids"]) else {"deactivated": len(said["ids"])}


def _ids(session: ReadSession, query: SqlFile, cutoff: datetime) -> list[Any]:
    rows = session.rows(query, {"cutoff": cutoff})
    try:
        return [row["id"] for row in rows]
    except KeyError:
        raise query.error(1, "gives no column id") from None


def _file(system: System, stem: str) -> SqlFile:
    found = find_sql(system.name, stem)
    if found is None:
        raise ConfigurationError(
            f"{system.name} has maintenance.idle_clients but no sql/{stem}.sql; write it, or take the section away"
        )
    return found


def _turn(system: System) -> str:
    return f"{system.name} {IDLE_STEP}"
