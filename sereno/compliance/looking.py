"""Asking everything that a report needs, in the order of its parts. What cannot be answered is said in its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sereno.auditing.tally import configuration_changes
from sereno.compliance import own_questions
from sereno.compliance.asking import Answer, ask_file
from sereno.compliance.content import Period
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.datamap.reading import read_data_map
from sereno.compliance.datamap.registers import retention_rules
from sereno.compliance.period import bounds
from sereno.database.sessions import reading
from sereno.errors import ConfigurationError
from sereno.history.event import HistoryEvent
from sereno.history.query import Origin
from sereno.ledger import open_ledger
from sereno.ledger.compliance_scores import ScoreRecord, scores_before
from sereno.ledger.proofs import DrillRecord, newest_drills
from sereno.systems.contracts.compliance import ACCESS, BREACHES, CONSENTS, COVERAGE, LOGINS, POLICIES, REQUESTS
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance

PURPOSE = "compliance"
_SCORES = 24
_DRILLS = 50


@dataclass(frozen=True, kw_only=True)
class Tables:
    """What the system's own tables say; None where the folder has no file for it."""

    consents: Answer | None
    coverage: Answer | None
    policies: Answer | None
    requests: Answer | None
    breaches: Answer | None
    access: Answer | None
    logins: Answer | None
    own: Mapping[str, Answer | None]


@dataclass(frozen=True, kw_only=True)
class OwnKnowledge:
    """What ledger, stores and catalog say."""

    backups: Answer
    keys: Answer
    chain: Answer
    row_security: Answer | None
    oldest: Mapping[str, Answer]
    data_map: Answer | None


@dataclass(frozen=True, kw_only=True)
class Trail:
    """What was done in the period, what was drilled, and the scores before."""

    events: Mapping[Origin, Answer]
    """How many of each kind."""
    changes: tuple[HistoryEvent, ...]
    drills: tuple[DrillRecord, ...]
    scores: tuple[ScoreRecord, ...]


@dataclass(frozen=True, kw_only=True)
class Seen:
    """Everything that was asked about a system and a period."""

    period: Period
    now: datetime
    map_: DataMap | None
    tables: Tables
    own: OwnKnowledge
    trail: Trail


def section_of(system: System) -> Compliance:
    """The section `compliance` of a system that has one.

    Raises:
        ConfigurationError: it has none.
    """
    if system.compliance is None:
        raise ConfigurationError(f"{system.name} has no section compliance in its system.yaml, so nothing is reported")
    return system.compliance


def reach(system: System) -> DataMap | None:
    """See that the database answers, and read the data map.

    Raises:
        ConfigurationError: the system has no section `compliance`, or its data map is wrong.
        SystemUnavailableError: the server does not answer.
    """
    section_of(system)
    with reading(system, purpose=PURPOSE) as session:
        session.few("SELECT 1 AS answers", at_most=1)
    return read_data_map(system.name)


def ask_tables(system: System, period: Period, *, now: datetime) -> Tables:
    """Ask the files of the folder, one after the other."""
    section = section_of(system)
    since, until = bounds(period, system.zone)
    dormant = now - timedelta(days=section.dormant_days)
    given = {"since": since, "until": until, "now": now, "dormant_since": dormant}
    answers = {
        contract.stem.rpartition(".")[2]: ask_file(system, contract.stem, given)
        for contract in (CONSENTS, COVERAGE, POLICIES, REQUESTS, BREACHES, ACCESS, LOGINS)
    }
    own = {
        control.name: ask_file(system, f"compliance.control.{control.name}", given) for control in section.own_controls
    }
    return Tables(**answers, own=own)


def ask_own(system: System, map_: DataMap | None) -> OwnKnowledge:
    """Ask ledger, stores and catalog."""
    section = section_of(system)
    return OwnKnowledge(
        backups=own_questions.ask_backups(system),
        keys=own_questions.ask_keys(system),
        chain=own_questions.ask_chain(system),
        row_security=own_questions.ask_row_security(system, section) if section.row_security else None,
        oldest={rule.table: own_questions.ask_oldest(system, rule) for rule in (retention_rules(map_) if map_ else ())},
        data_map=own_questions.ask_data_map(system, map_) if map_ else None,
    )


def ask_trail(system: System, period: Period) -> Trail:
    """Ask what happened in the period.

    Raises:
        SerenoError: the ledger cannot be read.
    """
    since, until = bounds(period, system.zone)
    with open_ledger() as ledger:
        drills = newest_drills(ledger, system.name, at_most=_DRILLS)
        scores = scores_before(ledger, system.name, until=period.until, at_most=_SCORES)
    return Trail(
        events={origin: own_questions.ask_events(system, origin, since=since, until=until) for origin in Origin},
        changes=configuration_changes(system, since=since, until=until),
        drills=tuple(drill for drill in drills if since <= drill.started_at < until),
        scores=tuple(scores),
    )
