"""Looking at one part of the business at a time, so that what cannot be seen hides nothing else."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TypeAlias, TypeVar

from sereno.database.read_session import ReadSession
from sereno.database.sessions import reading
from sereno.errors import ConfigurationError, ContractError, RefusedError, SerenoError
from sereno.overview import activity, tenants
from sereno.overview.days import local_day
from sereno.overview.snapshot import ALL, Api, Clients, Holdings, Snapshot
from sereno.overview.tenants import TenantsSeen
from sereno.systems.contracts.overview import ALERTS, API, CLIENTS, NOTIFICATIONS, TENANTS
from sereno.systems.model import System
from sereno.systems.sections.overview import Overview
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql

T = TypeVar("T")

PURPOSE = "business overview"
_LONGEST_SCOPE = 200


@dataclass(frozen=True)
class Unseen:
    """A part that could not be looked at, and why."""

    reason: str


@dataclass(frozen=True)
class Untold:
    """A part that this system has no SQL file for, or none that can tell one tenant from the others."""

    reason: str


Part: TypeAlias = T | Unseen | Untold


@dataclass(frozen=True, kw_only=True)
class Seen:
    """A system's business, as far as it could be looked at."""

    now: datetime
    scope: str
    tenants: Part[TenantsSeen]
    alerts: Part[dict[str, int]]
    notifications: Part[dict[date, dict[str, int]]]
    api: Part[Api]
    clients: Part[Clients]

    @property
    def missing(self) -> dict[str, Unseen | Untold]:
        """The parts that could not be seen, or that nothing tells."""
        return {name: part for name, part in vars(self).items() if isinstance(part, Unseen | Untold)}

    @property
    def whole(self) -> bool:
        """Whether everything could be seen that the system's files tell."""
        return not any(isinstance(part, Unseen) for part in self.missing.values())

    @property
    def holdings(self) -> Holdings | None:
        """What each tenant has."""
        return self.tenants.holdings if isinstance(self.tenants, TenantsSeen) else None

    def snapshot(self, system: System) -> Snapshot:
        """What is kept of it, without movements."""
        return Snapshot(
            day=local_day(self.now, system.zone),
            taken_at=self.now,
            currency=system.prices.currency if system.prices else None,
            tenants=self.tenants.figures if isinstance(self.tenants, TenantsSeen) else None,
            open_alerts=_known(self.alerts),
            notifications=_known(self.notifications),
            api=_known(self.api),
            clients=_known(self.clients),
        )


def reach(system: System, *, scope: str) -> None:
    """See that there is something to be told, and a database that answers.

    Raises:
        ConfigurationError: the system has no section `overview`.
        RefusedError: `scope` cannot be a tenant's id.
        SystemUnavailableError: the server does not answer.
    """
    if system.overview is None:
        raise ConfigurationError(f"{system.name} has no section overview in its system.yaml, so nothing is told of it")
    if not scope or not scope.isprintable() or len(scope) > _LONGEST_SCOPE:
        raise RefusedError(f"scope is a tenant's id of at most {_LONGEST_SCOPE} characters, or {ALL}")
    with reading(system, purpose=PURPOSE) as session:
        list(session.rows("SELECT 1 AS answers"))


def look_at_tenants(system: System, *, scope: str, now: datetime) -> Part[TenantsSeen]:
    """The tenants, or the one of `scope`.

    Raises:
        RefusedError: there is no such tenant, or the system has no tenants.
        ContractError: whether there is such a tenant cannot be seen.
    """

    def look(session: ReadSession, sql: SqlFile) -> TenantsSeen:
        return tenants.look(session, sql, scope=_tenant(scope), now=now, prices=system.prices)

    seen = _looked(system, TENANTS.stem, scope, look)
    if scope != ALL and isinstance(seen, Unseen):
        raise ContractError(seen.reason)
    if scope != ALL and isinstance(seen, Untold):
        raise RefusedError(f"{system.name} cannot be told by tenant: {seen.reason}; leave scope at {ALL}")
    if scope != ALL and isinstance(seen, TenantsSeen) and not seen.rows:
        raise RefusedError(f"{system.name} has no tenant {scope!r}; scope is a tenant's id, or {ALL}")
    return seen


def look_at_alerts(system: System, *, scope: str) -> Part[dict[str, int]]:
    """The open alerts."""
    return _looked(
        system,
        ALERTS.stem,
        scope,
        lambda session, sql: activity.look_at_alerts(session, sql, scope=_tenant(scope)),
    )


def look_at_notifications(system: System, *, scope: str, now: datetime) -> Part[dict[date, dict[str, int]]]:
    """The successful notifications of the last seven days."""

    def look(session: ReadSession, sql: SqlFile) -> dict[date, dict[str, int]]:
        return activity.look_at_notifications(session, sql, scope=_tenant(scope), now=now, zone=system.zone)

    return _looked(system, NOTIFICATIONS.stem, scope, look)


def look_at_api(system: System, *, scope: str, now: datetime) -> Part[Api]:
    """The API's requests and errors."""
    return _looked(
        system,
        API.stem,
        scope,
        lambda session, sql: activity.look_at_api(session, sql, scope=_tenant(scope), now=now),
    )


def look_at_clients(system: System, *, scope: str, now: datetime) -> Part[Clients]:
    """The API's clients."""
    idle_since = now - timedelta(days=(system.overview or Overview()).idle_clients_days)

    def look(session: ReadSession, sql: SqlFile) -> Clients:
        return activity.look_at_clients(session, sql, scope=_tenant(scope), idle_since=idle_since)

    return _looked(system, CLIENTS.stem, scope, look)


def _looked(system: System, stem: str, scope: str, look: Callable[[ReadSession, SqlFile], T]) -> Part[T]:
    try:
        sql = find_sql(system.name, stem)
        if sql is None:
            return Untold(f"there is no sql/{stem}.sql")
        if scope != ALL and "scope" not in sql.parameters:
            return Untold(f"{sql.where} does not ask for :scope")
        with reading(system, purpose=PURPOSE) as session:
            return look(session, sql)
    except SerenoError as error:
        return Unseen(str(error))


def _known(part: Part[T]) -> T | None:
    return None if isinstance(part, Unseen | Untold) else part


def _tenant(scope: str) -> str | None:
    return None if scope == ALL else scope
