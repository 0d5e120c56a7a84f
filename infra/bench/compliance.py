"""The compliance report on a large system: its time against the same questions asked by psql, and its memory.

The system is the demo's: its folder, its schema, and rows by the million in the tables that the questions are about.
psql is given every question to the database that the report rests on, one after the other in one session. The report
is all that the job does: the questions, the ledger, the stores, the seal, four files and their copies.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg

from infra.bench.measured import Measured
from infra.bench.memory import KILOBYTE, resident
from infra.bench.subject import run
from infra.bench.timing import in_turn, ratio
from infra.demo.seed import fill
from sereno.compliance import looking
from sereno.compliance.composing import compose
from sereno.compliance.content import Period, SealedReport
from sereno.compliance.datamap.reading import read_data_map
from sereno.compliance.datamap.registers import retention_rules
from sereno.compliance.own_questions import oldest_of
from sereno.compliance.period import bounds, period_between
from sereno.compliance.report.files import store_files, write_files
from sereno.compliance.report.sealing import seal
from sereno.history.system_source import ROWS, counting
from sereno.systems.loader import load_system
from sereno.systems.sections.compliance import Language
from sereno.systems.sql_folder import find_sql

if TYPE_CHECKING:
    from infra.bench.subject import Subject
    from sereno.systems.model import System

AT_MOST = 1.5
MEMORY_AT_MOST = 150.0
_SCALE = 0.05
_CONTRACTS = ("consents", "coverage", "requests", "breaches", "access", "logins", "control.lockouts_resolved")
_MEGABYTE = 1_000_000
_FILL = """
INSERT INTO customers (tenant_id, full_name, phone, photo, created_at)
SELECT 1 + i % (SELECT count(*) FROM tenants), 'person ' || i, '+351' || i,
       CASE WHEN i % 4 = 0 THEN '\\x00'::bytea END, now()
FROM generate_series(1, {people}) i;
INSERT INTO consents (id, customer_id, purpose, legal_basis, granted_at, withdrawn_at, expires_at, evidence)
SELECT md5('bench' || id)::uuid, id, (ARRAY['marketing', 'photos', 'reminders'])[1 + id % 3], 'consent', now(),
       CASE WHEN id % 10 = 0 THEN now() END, now() + interval '1 year', '{{}}'
FROM customers;
INSERT INTO audit_events (at, action, actor, effect, model, payload)
SELECT date_trunc('month', now()) - interval '1 second' * (i % 2592000),
       (ARRAY['LOGIN', 'PURGE_API_LOGS', 'RESOLVE_ALERT'])[1 + i % 3],
       'actor ' || i % 50, 'live', 'model', '{{"deleted": 5}}'
FROM generate_series(1, {events}) i;
ANALYZE;
"""


def measure_compliance(subject: Subject, *, people: int, events: int, rounds: int) -> list[Measured]:
    """The report against its questions by psql, and its memory above an idle flow process.

    Args:
        subject: a server.
        people: rows in the table of people, and of consents.
        events: rows in the system's own audit table.
        rounds: how often each side is run.
    """
    rows = f"{people:,} people, {events:,} audit events"
    with subject.database("bench_compliance") as url:
        fill(url, scale=_SCALE, reference=datetime.now(UTC))
        with psycopg.connect(url) as connection:
            connection.execute(_FILL.format(people=people, events=events).encode())
        script = subject.home / "questions.sql"
        script.write_text(_script(_system(url)))
        psql = (subject.binaries.program("psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", "-d", url, "-f", script)
        sides = in_turn({"psql": lambda: run(*psql), "report": lambda: _report(_system(url))}, rounds=rounds)
        peak = _peak(subject.home, url) / _MEGABYTE
    seconds = f"{sides['report'].median:.2f} s against {sides['psql'].median:.2f} s; {rows}"
    return [
        Measured("compliance report / its questions by psql", ratio(sides["report"], sides["psql"]), AT_MOST, seconds),
        Measured("compliance report, peak memory above idle, MB", peak, MEMORY_AT_MOST, rows),
    ]


def _report(system: System) -> SealedReport:
    """What the job does, from the first question to the last copy."""
    now, period = datetime.now(UTC), _month(system)
    map_ = looking.reach(system)
    seen = looking.Seen(
        period=period,
        now=now,
        map_=map_,
        tables=looking.ask_tables(system, period, now=now),
        own=looking.ask_own(system, map_),
        trail=looking.ask_trail(system, period),
    )
    sealed = seal(compose(system, seen, language=Language.ENGLISH), run_id=None)
    broken = [proof.problem for control in sealed.content.controls for proof in control.evidence if proof.problem]
    if broken:
        raise SystemExit(f"the bench's report has no answer to a question: {broken[0]}")
    store_files(system, sealed, write_files(system, sealed, run_id=None))
    return sealed


def _script(system: System) -> str:
    """Every question to the database, for psql, with the values that the report gives."""
    since, until = bounds(_month(system), system.zone)
    now = datetime.now(UTC)
    moments = {"since": since, "until": until, "now": now, "dormant_since": now - timedelta(days=120)}
    moments |= {"date_from": since, "date_to": until}
    settings = [rf"\set {name} '\'{moment.isoformat()}\'::timestamptz'" for name, moment in moments.items()]
    settings += [rf"\set {name} NULL" for name in ("action", "user", "model", "text")]
    files = [find_sql(system.name, f"compliance.{name}") for name in _CONTRACTS]
    history, map_ = find_sql(system.name, ROWS), read_data_map(system.name)
    if history is None or map_ is None or None in files:
        raise SystemExit("the demo's folder lacks a file that the bench asks")
    questions = [file.text for file in (*files, counting(history)) if file]
    questions += [oldest_of(rule) for rule in retention_rules(map_)]
    return "\n".join((*settings, *(f"{question}\n;" for question in questions)))


def _month(system: System) -> Period:
    return period_between("", "", now=datetime.now(UTC), zone=system.zone)


def _system(url: str) -> System:
    os.environ["BENCH_URL"] = url
    system = load_system("demo")
    place = system.database.model_copy(update={"url": type(system.database.url)("${BENCH_URL}"), "read_url": None})
    return system.model_copy(update={"database": place})


def _peak(home: Path, url: str) -> int:
    """Bytes above idle, from a process of its own."""
    command = [sys.executable, "-m", "infra.bench.compliance", str(home), url]
    figures = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return int(figures["peak"] - figures["idle"])


def _measure_here(home: str, url: str) -> dict[str, int]:
    import flows.compliance_report as flow_process

    os.environ["SERENO_HOME"] = home
    system = _system(url)
    idle = resident()
    _report(system)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE
    return {"idle": idle, "peak": peak, "modules": len(vars(flow_process))}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure_here(*sys.argv[1:])))
