"""A system with accounts on trial, in a database of its own, for tests of the job `trial_expiry`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import yaml
from psycopg import sql

from integration.databases import database, reference
from sereno.messages.deliveries import Deliveries
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.trials.changed import Changed
from sereno.trials.changes import change_accounts, settle_changes
from sereno.trials.plan import plan_trials
from sereno.trials.planned import TrialPlan
from sereno.trials.telling import deliver_messages, write_notices

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
STEPS = ("7_days_before", "3_days_before", "1_day_before", "last_day", "3_days_after", "expire", "reactivate")
SCHEMA = """
CREATE TABLE account (
    id {key} PRIMARY KEY, tenant text, name text DEFAULT 'Salão', contact text, contact_verified boolean DEFAULT true,
    phone text, channels text[], locale text DEFAULT 'pt', plan text DEFAULT 'basic', status text DEFAULT 'trialing',
    trial_ends_at {time}, timezone text DEFAULT 'Europe/Lisbon', paid boolean DEFAULT false,
    active boolean DEFAULT false, changes integer DEFAULT 0);
"""
SQL = {
    "trials.accounts": "SELECT id, tenant, name, contact, contact_verified, phone, channels, locale, plan, status, "
    "trial_ends_at, timezone, paid, active FROM account -- all of them;\n",
    "trials.expire": "UPDATE account SET status = 'expired', changes = changes + 1 "
    "WHERE id = ANY(:ids) AND status = 'trialing'",
    "trials.suspend": "UPDATE account SET status = 'suspended', changes = changes + 1 "
    "WHERE id = ANY(:ids) AND status = 'trialing'",
    "trials.reactivate": "UPDATE account SET status = 'active', changes = changes + 1 "
    "WHERE id = ANY(:ids) AND status IN ('expired', 'suspended')",
}
TRIALS: dict[str, Any] = {
    "statuses": {"trialing": ["trialing"], "converted": ["active"], "ended": ["expired", "suspended"]},
    "at_end_by_plan": {"pro": "suspend", "enterprise": "nothing"},
}
MESSAGES: dict[str, Any] = {
    "sender": "Salons <no-reply@salon.example>",
    "channels": [{"name": "mails", "folder": "mails"}],
    "fallback_locale": "en",
}


@dataclass
class TrialCase:
    """The system, its database, and the steps of the job at a moment of one's own."""

    url: str
    systems: Path
    home: Path

    def describe(
        self,
        *,
        messages: Mapping[str, Any] | None = None,
        sql_files: Mapping[str, str] | None = None,
        **trials: Any,
    ) -> System:
        """Write the system's folder, with some of its parts replaced, and load it."""
        folder = self.systems / "salons"
        for part in ("sql", "messages"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        described = {
            "name": "salons",
            "title": "Salons",
            "timezone": "Europe/Lisbon",
            "database": {"url": reference(self.url), "lock_timeout_seconds": 2},
            "prices": {"currency": "EUR", "monthly": {"basic": "29.00", "pro": "99.00"}},
            "messages": {**MESSAGES, **(messages or {})},
            "trials": {**TRIALS, **trials},
        }
        (folder / "system.yaml").write_text(yaml.safe_dump(described))
        for stem, text in {**SQL, **(sql_files or {})}.items():
            (folder / "sql" / f"{stem}.sql").write_text(text)
        for step in STEPS:
            text = f"Subject: {step} {{{{ account }}}}\n\n{{{{ name }}}} ends on {{{{ ends_on | day }}}}.\n"
            (folder / "messages" / f"{step}.en.md").write_text(text)
        return load_system("salons")

    def add(self, key: Any, *, ends: timedelta | datetime | None, **columns: Any) -> None:
        """An account whose trial ends so long after NOW, or then."""
        moment = NOW + ends if isinstance(ends, timedelta) else ends
        row = {"id": key, "tenant": f"tenant-{key}", "contact": f"user{key}@salon.example", "trial_ends_at": moment}
        row |= columns
        names = sql.SQL(", ").join(map(sql.Identifier, row))
        places = sql.SQL(", ").join([sql.Placeholder()] * len(row))
        with psycopg.connect(self.url) as connection:
            connection.execute(sql.SQL("INSERT INTO account ({}) VALUES ({})").format(names, places), [*row.values()])

    def do(self, statement: str) -> None:
        """Somebody changes the system."""
        with psycopg.connect(self.url) as connection:
            connection.execute(statement.encode())

    def values(self, column: str) -> dict[Any, Any]:
        """One column of every account, by id."""
        query = sql.SQL("SELECT id, {} FROM account ORDER BY id").format(sql.Identifier(column))
        with psycopg.connect(self.url) as connection:
            return dict(connection.execute(query).fetchall())

    def plan(self, system: System, *, now: datetime = NOW, messages: int = 1000, changes: int = 1000) -> TrialPlan:
        """What is due."""
        return plan_trials(system, now=now, max_messages=messages, max_changes=changes)

    def live(self, system: System, *, now: datetime = NOW, **bounds: int) -> tuple[TrialPlan, Changed, Deliveries]:
        """A live run at `now`."""
        settle_changes(system, run_id="run", now=now)
        plan = self.plan(system, now=now, **bounds)
        changed = change_accounts(system, plan, run_id="run", now=now)
        write_notices(system, plan, run_id="run")
        return plan, changed, deliver_messages(system, max_messages=1000, clock=lambda: now)


@contextmanager
def trial_case(server_url: str, home: Path, *, key: str = "bigint", time: str = "timestamptz") -> Iterator[TrialCase]:
    """A case whose ids and times are of the given types."""
    with database(server_url, script=SCHEMA.format(key=key, time=time)) as url:
        yield TrialCase(url, home / "systems", home)
