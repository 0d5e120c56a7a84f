"""Reading accounts from the system's query: all that may matter now, or some by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sereno.database.read_session import Batch, ReadSession
from sereno.errors import ConfigurationError, ContractError
from sereno.systems.contracts.trials import ACCOUNTS
from sereno.systems.model import System
from sereno.systems.sections.trials import Trials
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql
from sereno.trials.account import Account, AccountReader, Key, State

AT_ONCE = 2_000
"""How many accounts are looked at together."""
_TIMESTAMP_WITHOUT_ZONE = 1114
_INTEGERS = {20, 21, 23}
_UUID = 2950
_SLACK = timedelta(days=2)
"""More than any two zones lie apart."""
_IN_TIME = "(narrowed.trial_ends_at IS NULL OR narrowed.trial_ends_at BETWEEN '1900-01-01' AND :sereno_until)"
_BY_ID = "narrowed.id = ANY(CAST(:sereno_ids AS {}[])) AND " + (
    "(narrowed.trial_ends_at IS NULL OR narrowed.trial_ends_at BETWEEN '1900-01-01' AND '9000-01-01')"
)


def policy_of(system: System) -> Trials:
    """The section `trials`.

    Raises:
        ConfigurationError: there is none.
    """
    if system.trials is None:
        raise ConfigurationError(
            f"{system.name} has no section trials in its system.yaml, so there are no trials to end"
        )
    return system.trials


def statement(system: System, stem: str) -> SqlFile:
    """The file `sql/STEM.sql`.

    Raises:
        ConfigurationError: there is none.
    """
    found = find_sql(system.name, stem)
    if found is None:
        raise ConfigurationError(
            f"{system.name} has no sql/{stem}.sql; `sereno check {system.name}` says what is needed"
        )
    return found


def horizon(policy: Trials, now: datetime, *, days: int = 0) -> datetime:
    """No trial that ends after this has anything due in the coming `days`."""
    return now + timedelta(days=max(0, *policy.reminders_days, 0) + days) + _SLACK


class Accounts:
    """The accounts of one system."""

    def __init__(self, system: System) -> None:
        """Read the query's file.

        Raises:
            ConfigurationError: there is no section, or no file.
        """
        self.policy = policy_of(system)
        self.zone = system.zone
        self._sql = statement(system, ACCOUNTS.stem)

    def that_matter(
        self, session: ReadSession, *, now: datetime, days: int = 0, looked_at: Callable[[int], None] = lambda _: None
    ) -> Iterator[list[Account]]:
        """Every account of which something may be due or wrong now, or may fall due in the coming `days`.

        The database leaves out trials that end beyond all of that. What is certain to be in order is left out here,
        before anything is made of its row.

        Args:
            session: a session that only reads.
            now: with a time zone.
            days: how far to look ahead.
            looked_at: told of the number of rows of each batch.
        """
        until = horizon(self.policy, now, days=days)
        parameters = {"now": now, "sereno_until": until}
        reader: AccountReader | None = None
        for batch in session.batches(self._sql.narrowed(_IN_TIME), parameters, size=AT_ONCE):
            reader = reader or self._reader(batch)
            looked_at(len(batch.rows))
            yield [reader.account(row) for row in self._mattering(reader, batch, now)]

    def by_id(self, session: ReadSession, identifiers: Sequence[str], *, now: datetime) -> dict[str, Account]:
        """Those of the accounts with these ids that the query gives.

        Args:
            session: a session that only reads.
            identifiers: as reports and the ledger write them.
            now: with a time zone.
        """
        kind = self._kind(session, now)
        parameters = {"now": now, "sereno_ids": [_key(each, kind) for each in identifiers]}
        found: dict[str, Account] = {}
        for batch in session.batches(self._sql.narrowed(_BY_ID.format(_NAMES.get(kind, "text"))), parameters):
            reader = self._reader(batch)
            found |= {account.id: account for account in map(reader.account, batch.rows)}
        return found

    def _kind(self, session: ReadSession, now: datetime) -> int:
        """The type of the ids, as PostgreSQL numbers it."""
        batch = next(session.batches(self._sql.narrowed("false"), {"now": now}))
        return batch.types[self._reader(batch).at["id"]]

    def _reader(self, batch: Batch) -> AccountReader:
        missing = [name for name in ACCOUNTS.columns if name not in batch.columns]
        if missing:
            raise ContractError(f"{self._sql.where}: gives no column {missing[0]}")
        return AccountReader(batch.columns, self.policy, zone=self.zone)

    def _mattering(self, reader: AccountReader, batch: Batch, now: datetime) -> Iterator[tuple[Any, ...]]:
        """The rows that are not certain to be in order: the one loop that every account of a system goes through."""
        at, states = reader.at, reader.states
        status, ends = at["status"], at["trial_ends_at"]
        flags = [at[name] for name in ("paid", "active") if name in at]
        longest = max(0, *(-days for days in self.policy.reminders_days), 0) + self.policy.late_days
        since: datetime = now - timedelta(days=longest + 1) - _SLACK
        if batch.types[ends] == _TIMESTAMP_WITHOUT_ZONE:
            since = since.astimezone(ZoneInfo(self.policy.times_without_zone)).replace(tzinfo=None)
        converted, ended = State.CONVERTED, State.ENDED
        for row in batch.rows:
            state = states.get(row[status])
            if state is converted:
                continue
            if state is ended and (row[ends] is None or row[ends] < since) and not any(row[flag] for flag in flags):
                continue
            yield row


_NAMES = {20: "bigint", 21: "smallint", 23: "integer", _UUID: "uuid"}


def _key(identifier: str, kind: int) -> Key:
    try:
        return int(identifier) if kind in _INTEGERS else UUID(identifier) if kind == _UUID else identifier
    except ValueError:
        raise ContractError(
            f"an account was called {identifier[:40]!r}, which is no id of the query any more"
        ) from None
