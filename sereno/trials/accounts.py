"""Reading accounts from the system's query: all that may matter now, or some by their ids."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from uuid import UUID

from sereno.database.read_session import Batch, ReadSession
from sereno.errors import ConfigurationError, ContractError
from sereno.systems.contracts.trials import ACCOUNTS
from sereno.systems.model import System
from sereno.systems.sections.trials import Trials
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql
from sereno.trials.account import Account, AccountReader, Key

AT_ONCE = 2_000
"""How many accounts are looked at together."""
_INTEGERS = {20, 21, 23}
_UUID = 2950
_SLACK = timedelta(days=2)
"""More than any two zones lie apart."""
_IN_TIME = "(narrowed.trial_ends_at IS NULL OR narrowed.trial_ends_at BETWEEN '1900-01-01' AND :sereno_until)"
_NO_CUSTOMER = "coalesce(CAST(narrowed.status AS text) <> ALL(CAST(:sereno_converted AS text[])), true)"
_OVER = (
    "coalesce(CAST(narrowed.status AS text) = ANY(CAST(:sereno_ended AS text[])), false)"
    " AND coalesce(narrowed.trial_ends_at < :sereno_since, true)"
)
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

        What is certain to be in order never leaves the database: customers, trials that end beyond all of that, and
        those that are over for long and neither paid for nor open.

        Args:
            session: a session that only reads.
            now: with a time zone.
            days: how far to look ahead.
            looked_at: told of the number of accounts of each batch.
        """
        statuses = self.policy.statuses
        longest = max(0, *(-days for days in self.policy.reminders_days), 0) + self.policy.late_days
        parameters = {
            "now": now,
            "sereno_until": horizon(self.policy, now, days=days),
            "sereno_since": now - timedelta(days=longest + 1) - _SLACK,
            "sereno_converted": list(statuses.converted),
            "sereno_ended": list(statuses.ended),
        }
        narrowed = self._sql.narrowed(self._condition(self._described(session, now)))
        for batch in session.batches(narrowed, parameters, size=AT_ONCE):
            looked_at(len(batch.rows))
            yield [*map(self._reader(batch).account, batch.rows)]

    def by_id(self, session: ReadSession, identifiers: Sequence[str], *, now: datetime) -> dict[str, Account]:
        """Those of the accounts with these ids that the query gives.

        Args:
            session: a session that only reads.
            identifiers: as reports and the ledger write them.
            now: with a time zone.
        """
        described = self._described(session, now)
        kind = described.types[self._reader(described).at["id"]]
        parameters = {"now": now, "sereno_ids": [_key(each, kind) for each in identifiers]}
        found: dict[str, Account] = {}
        for batch in session.batches(self._sql.narrowed(_BY_ID.format(_NAMES.get(kind, "text"))), parameters):
            reader = self._reader(batch)
            found |= {account.id: account for account in map(reader.account, batch.rows)}
        return found

    def _described(self, session: ReadSession, now: datetime) -> Batch:
        """The query's columns, and no row."""
        return next(session.batches(self._sql.narrowed("false"), {"now": now}))

    def _condition(self, described: Batch) -> str:
        """Which rows may matter, in SQL."""
        flags = [name for name in ("paid", "active") if name in described.columns]
        still = "".join(f" AND NOT coalesce(narrowed.{flag}, false)" for flag in flags)
        return f"{_IN_TIME} AND {_NO_CUSTOMER} AND NOT ({_OVER}{still})"

    def _reader(self, batch: Batch) -> AccountReader:
        missing = [name for name in ACCOUNTS.columns if name not in batch.columns]
        if missing:
            raise ContractError(f"{self._sql.where}: gives no column {missing[0]}")
        return AccountReader(batch.columns, self.policy, zone=self.zone)


_NAMES = {20: "bigint", 21: "smallint", 23: "integer", _UUID: "uuid"}


def _key(identifier: str, kind: int) -> Key:
    try:
        return int(identifier) if kind in _INTEGERS else UUID(identifier) if kind == _UUID else identifier
    except ValueError:
        raise ContractError(
            f"an account was called {identifier[:40]!r}, which is no id of the query any more"
        ) from None
