"""A system with many accounts, 2 % of which are due to be told something, for the bench of `trial_expiry`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import yaml

from infra.bench.subject import Subject
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.trials.changes import change_accounts, settle_changes
from sereno.trials.plan import plan_trials
from sereno.trials.planned import TrialPlan
from sereno.trials.telling import deliver_messages, write_notices

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
QUERY = (
    "SELECT id, tenant, contact, locale, plan, status, trial_ends_at, timezone, paid FROM account"  # what psql runs too
)
_EXPIRE = "UPDATE account SET status = 'expired' WHERE id = ANY(:ids) AND status = 'trialing'"
_STEP = "Subject: {{ name }}\n\nThe trial of **{{ name }}** ends on {{ ends_on | day }}.\n"
_FILL = """
CREATE TABLE account (id bigint PRIMARY KEY, tenant text, contact text, locale text, plan text, status text,
                      trial_ends_at timestamptz, timezone text, paid boolean);
INSERT INTO account
SELECT i, 'tenant-' || i, 'user' || i || '@bench.example', (ARRAY['pt', 'es', 'en'])[1 + i % 3], 'basic',
       CASE WHEN i % 50 = 0 OR i % 2 = 1 THEN 'trialing' ELSE 'expired' END,
       timestamptz '{now}' + CASE WHEN i % 50 = 0 THEN interval '4 days' + i % 86400 * interval '1 second'
                                  WHEN i % 2 = 1 THEN interval '10 days' + i % 50 * interval '1 day'
                                  ELSE interval '-40 days' - i % 300 * interval '1 day' END,
       (ARRAY['Europe/Lisbon', 'America/Sao_Paulo', 'Europe/Madrid'])[1 + i % 3], false
FROM generate_series(1, {accounts}) i;
ANALYZE account;
"""


@dataclass(frozen=True)
class TrialSubject:
    """A system whose folder lies in `home`, which is the SERENO_HOME too."""

    home: Path
    url: str
    accounts: int

    @property
    def due(self) -> int:
        """How many accounts are to be told something: one in fifty."""
        return self.accounts // 50

    def system(self, *, port: int = 25) -> System:
        """The system, whose mail server listens on `port`."""
        os.environ.update(SERENO_HOME=str(self.home), SERENO_SYSTEMS_DIR=str(self.home / "systems"), BENCH_URL=self.url)
        folder = self.home / "systems" / "bench"
        for part in ("sql", "messages"):
            (folder / part).mkdir(parents=True, exist_ok=True)
        channel = {"name": "email", "smtp_host": "127.0.0.1", "smtp_port": port, "security": "none"}
        described = {
            "name": "bench",
            "title": "Bench",
            "timezone": "UTC",
            "database": {"url": "${BENCH_URL}"},
            "messages": {"sender": "Bench <no-reply@bench.example>", "channels": [channel]},
            "trials": {
                "statuses": {"trialing": ["trialing"], "ended": ["expired"]},
                "reactivate": False,
                "reminders_days": [7],
                "late_days": 10,
            },
        }
        (folder / "system.yaml").write_text(yaml.safe_dump(described))
        (folder / "sql" / "trials.accounts.sql").write_text(QUERY)
        (folder / "sql" / "trials.expire.sql").write_text(_EXPIRE)
        (folder / "messages" / "7_days_before.en.md").write_text(_STEP)
        return load_system("bench")

    def forget(self) -> None:
        """Begin with an empty ledger."""
        for file in self.home.glob("ledger.db*"):
            file.unlink()


@contextmanager
def trial_subject(subject: Subject, home: Path, *, accounts: int) -> Iterator[TrialSubject]:
    """The accounts in a database of their own on the server of `subject`."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    script = _FILL.format(now=NOW.isoformat(), accounts=accounts)
    with subject.database("bench_trials", script) as url:
        yield TrialSubject(home, url, accounts)


def dry_run(system: System) -> TrialPlan:
    """What a dry run computes."""
    return plan_trials(system, now=NOW, max_messages=100_000, max_changes=10_000)


def live_run(system: System) -> int:
    """A live run; how many messages it delivered."""
    settle_changes(system, run_id="bench", now=NOW)
    plan = dry_run(system)
    change_accounts(system, plan, run_id="bench", now=NOW)
    write_notices(system, plan, run_id="bench")
    return deliver_messages(system, max_messages=100_000, clock=lambda: NOW).delivered
