"""Looking at the tenants: how many, on which plans, and what each of them has."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sereno.database.read_session import ReadSession
from sereno.errors import ContractError
from sereno.overview.snapshot import PAYING, TRIALING, Holdings, Plan, Tenants
from sereno.systems.contracts.overview import TENANTS
from sereno.systems.sections.prices import Prices
from sereno.systems.sql_file import SqlFile

SOON = timedelta(days=7)
_BATCH = 5_000  # rows


@dataclass(frozen=True, slots=True)
class TenantsSeen:
    """The figures, and what each tenant has, for the next run to compare with."""

    figures: Tenants
    holdings: Holdings
    rows: int


def look(session: ReadSession, sql: SqlFile, *, scope: str | None, now: datetime, prices: Prices | None) -> TenantsSeen:
    """The tenants that `sql` gives.

    Args:
        session: a session that only reads.
        sql: `overview.tenants.sql`.
        scope: one tenant, or None for all.
        now: with a time zone; trials that end within seven days after it end soon.
        prices: what the plans cost.

    Raises:
        ContractError: a column is missing, or a time has no zone.
    """
    paying, trialing, holdings = Counter[str](), Counter[str](), dict[str, str]()
    rows = active = ending = overdue = 0
    for batch in session.batches(sql, {"scope": scope}, size=_BATCH):
        at = _columns(batch.columns, sql)
        for row in batch.rows:
            rows += 1
            if not row[at["active"]]:
                continue
            active += 1
            plan = str(row[at["plan"]])
            if row[at["trialing"]]:
                ends_at = _moment(row[at["trial_ends_at"]], sql) if "trial_ends_at" in at else None
                ending += ends_at is not None and now < ends_at <= now + SOON
                overdue += ends_at is not None and ends_at <= now
                trialing[plan] += 1
                holdings[digest(row[at["tenant"]])] = f"{TRIALING} {plan}"
            elif row[at["paying"]]:
                paying[plan] += 1
                holdings[digest(row[at["tenant"]])] = f"{PAYING} {plan}"
    plans = {name: _plan(name, paying, trialing, prices) for name in _names(paying, trialing, prices)}
    figures = Tenants(active=active, trials_ending=ending, trials_overdue=overdue, plans=plans)
    return TenantsSeen(figures, holdings, rows)


def digest(tenant: object) -> str:
    """What the ledger calls a tenant: 64 bits of a digest of its id."""
    return hashlib.blake2b(str(tenant).encode(), digest_size=8).hexdigest()


def _columns(columns: tuple[str, ...], sql: SqlFile) -> dict[str, int]:
    missing = [name for name in TENANTS.columns if name not in columns]
    if missing:
        raise ContractError(f"{sql.where}: gives no column {missing[0]}")
    return {name: index for index, name in enumerate(columns)}


def _moment(value: Any, sql: SqlFile) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ContractError(f"{sql.where}: trial_ends_at has no time zone; write AT TIME ZONE 'UTC' behind it")
    return None if value is None else value


def _names(paying: Counter[str], trialing: Counter[str], prices: Prices | None) -> list[str]:
    """In the order of the price table; those without a price behind it."""
    known = list(prices.monthly) if prices else []
    return [*known, *sorted((paying.keys() | trialing.keys()) - set(known))]


def _plan(name: str, paying: Counter[str], trialing: Counter[str], prices: Prices | None) -> Plan:
    price = prices.of(name) if prices else None
    return Plan(paying=paying[name], trialing=trialing[name], price=price.amount if price else None)
