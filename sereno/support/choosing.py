"""Which rows an operation is about: one by its id, or a bounded batch of notifications."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sereno.database.sessions import reading
from sereno.errors import ConfigurationError, ContractError
from sereno.support.kinds import RESEND, Kind, Subject, key_of
from sereno.support.way import Way
from sereno.systems.model import System
from sereno.systems.sql_folder import find_sql

MOST = 500
"""Of one run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The rows, as they stand; `more` when there are others that a bound left out."""

    kind: Kind
    subjects: tuple[Subject, ...]
    more: bool = False

    @property
    def ids(self) -> tuple[str, ...]:
        """Their ids as text, in order."""
        return tuple(str(key_of(subject)) for subject in self.subjects)

    @property
    def open(self) -> tuple[Subject, ...]:
        """Those with which there is something to do."""
        return tuple(subject for subject in self.subjects if self.kind.is_open(subject))


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchFilter:
    """Which notifications; empty texts and None stand for no bound. `date_from` is included, `date_to` is not."""

    status: str = "failed"
    channel: str = ""
    date_from: datetime | None = None
    date_to: datetime | None = None
    limit: int = 50


def choose_one(system: System, kind: Kind, identifier: str, *, way: Way) -> Chosen:
    """The row with this id.

    Raises:
        ConfigurationError: there is none.
        SerenoError: it cannot be read.
    """
    if not identifier.strip():
        raise ConfigurationError(f"which {kind.noun}? give its id as {kind.noun}_id")
    try:
        with reading(system, purpose=kind.job) as session:
            subjects = kind.checked(session.rows(way.read, {"id": identifier}), where=way.read.where)
    except ContractError as error:
        if "invalid input" in str(error) or "out of range" in str(error):
            raise ConfigurationError(f"{identifier[:80]!r} is no id of a {kind.noun} of {system.name}") from None
        raise
    if not subjects:
        raise ConfigurationError(f"{system.name} has no {kind.noun} {identifier[:80]!r}")
    return Chosen(kind=kind, subjects=subjects)


def choose_batch(system: System, wanted: BatchFilter) -> Chosen:
    """The oldest notifications that `wanted` lets through, at most its limit.

    Raises:
        ConfigurationError: the limit is out of bounds, or the system offers no batches.
        ContractError: the query gives something that may not be sent again.
        SerenoError: they cannot be read.
    """
    if not 1 <= wanted.limit <= MOST:
        raise ConfigurationError(f"limit={wanted.limit} is out of bounds; give 1 to {MOST}")
    RESEND.require(system)
    candidates = find_sql(system.name, RESEND.more_files[0])
    if candidates is None:
        raise ConfigurationError(f"{system.name} has no sql/{RESEND.more_files[0]}.sql, which {RESEND.job} needs")
    given = {
        "status": wanted.status,
        "channel": wanted.channel or None,
        "date_from": wanted.date_from,
        "date_to": wanted.date_to,
        "limit": wanted.limit + 1,
    }
    with reading(system, purpose=RESEND.job) as session:
        found = RESEND.checked(session.rows(candidates, given), where=candidates.where)
    if wrong := [subject for subject in found if not RESEND.is_open(subject)]:
        raise ContractError(f"{candidates.where}: gives {_ids(wrong[:3])}, which are neither failed nor pending")
    if len(found) > wanted.limit + 1:
        raise ContractError(f"{candidates.where}: gives {len(found)} rows in spite of :limit")
    return Chosen(kind=RESEND, subjects=found[: wanted.limit], more=len(found) > wanted.limit)


def _ids(subjects: Iterable[Subject]) -> str:
    return ", ".join(str(key_of(subject)) for subject in subjects)
