"""A history of a million events: a page without totals against one with them, and what an export needs of memory.

Both sources are measured, the ledger (SQLite) and a table of a system. Each memory figure comes from a process of its
own, which notes the peak that the kernel saw.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from infra.bench.measured import Measured
from infra.bench.timing import in_turn, ratio
from sereno import audit
from sereno.database.sessions import reading
from sereno.history.export import write_export
from sereno.history.ledger_source import LedgerSource
from sereno.history.query import HistoryQuery, Origin
from sereno.history.source import EventSource, look
from sereno.history.system_source import SystemSource
from sereno.history.wish import ExportFormat
from sereno.ledger import Ledger, open_ledger
from sereno.reports.model import Effect, Result
from sereno.settings import Settings
from sereno.systems.sql_file import SqlFile

if TYPE_CHECKING:
    from infra.bench.subject import Subject
    from sereno.systems.model import System

_ACTIONS = ("RUN_BACKUP", "RUN_VERIFY_BACKUPS", "PURGE_API_LOGS", "PREVIEW_PURGE_API_LOGS", "resend_notification")
_AT_ONCE = 10_000
_KILOBYTE = 1024
_MEGABYTE = 1_000_000
_TABLE = """
CREATE TABLE audit_events (id bigint PRIMARY KEY, at timestamptz NOT NULL, action text NOT NULL, actor text NOT NULL,
                           model text NOT NULL, object_id text NOT NULL, payload jsonb NOT NULL);
INSERT INTO audit_events
SELECT i, timestamptz '2026-01-01' + i * interval '20 seconds', (ARRAY['A', 'B', 'C', 'D', 'E'])[1 + i % 5],
       'actor ' || i % 7, 'model', i::text, jsonb_build_object('deleted', i % 500, 'note', md5(i::text))
FROM generate_series(1, {events}) i;
CREATE INDEX ON audit_events (at DESC, id DESC);
ANALYZE audit_events;
"""
_ROWS = SqlFile(
    Path("the bench's history.rows.sql"),
    """SELECT id, at AS timestamp, actor AS "user", action, model, object_id, payload FROM audit_events
       WHERE (CAST(:action AS text) IS NULL OR action = :action) AND (CAST(:user AS text) IS NULL OR actor = :user)
         AND (CAST(:date_from AS timestamptz) IS NULL OR at >= :date_from)
         AND (CAST(:date_to AS timestamptz) IS NULL OR at < :date_to)""",
)
PAGE_AT_MOST = 0.1
FLAT_AT_MOST = 1.15


def measure_history(subject: Subject, *, events: int, rounds: int) -> list[Measured]:
    """Ratios of a page without totals to one with them, and of an export's memory for all events to a tenth of them."""
    lines: list[Measured] = []
    with _ledger(subject.home / f"history-{events}", events) as ledger:
        lines += _pages("ledger", LedgerSource(ledger, "bench"), rounds)
        lines += _memory("ledger", subject.home / f"history-{events}", "", events)
    with subject.database("bench_history", _TABLE.format(events=events)) as url:
        with reading(subject.system(url), purpose="bench") as session:
            lines += _pages("table", SystemSource(session, _ROWS), rounds)
        lines += _memory("table", subject.home, url, events)
    return lines


def _pages(name: str, source: EventSource, rounds: int) -> list[Measured]:
    def page(*, totals: bool) -> Callable[[], object]:
        return lambda: look(source, HistoryQuery(), origin=Origin.SERENO, totals=totals)

    samples = in_turn({"without": page(totals=False), "with": page(totals=True)}, rounds=rounds)
    value = ratio(samples["without"], samples["with"])
    detail = f"{samples['without'].median * 1000:.1f} ms against {samples['with'].median * 1000:.0f} ms with totals"
    return [Measured(f"history, {name}: a page without totals / with", value, PAGE_AT_MOST, detail)]


def _memory(name: str, home: Path, url: str, events: int) -> list[Measured]:
    lines: list[Measured] = []
    for form in ExportFormat:
        (small, _), (large, seconds) = (_peak(home, url, form, count) for count in (events // 10, events))
        detail = (
            f"{events:,} events: peak {large / _MEGABYTE:.0f} MB, {seconds:.1f} s; a tenth: {small / _MEGABYTE:.0f} MB"
        )
        lines.append(Measured(f"history, {name}: export as {form}, memory", large / small, FLAT_AT_MOST, detail))
    return lines


def _peak(home: Path, url: str, form: ExportFormat, events: int) -> tuple[int, float]:
    """Bytes at the peak of a process that exports so many events, and the seconds that it took."""
    command = [sys.executable, "-m", "infra.bench.history", str(home), url, form.value, str(events)]
    said = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return int(said["peak"]), float(said["seconds"])


def _export_here(home: Path, url: str, form: ExportFormat, events: int) -> dict[str, float]:
    path = home / f"export-{form}-{events}"
    query = HistoryQuery(limit=events)
    started = time.perf_counter()
    with _source(home, url) as source:
        write_export(path, source.events(query), form=form, zone=UTC)
    path.unlink()
    return {"peak": _high_water_mark(), "seconds": time.perf_counter() - started}


def _high_water_mark() -> int:
    """Bytes. Not `ru_maxrss`, which begins with the peak of the process that started this one."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+) kB", status)[0]) * _KILOBYTE


@contextmanager
def _source(home: Path, url: str) -> Iterator[EventSource]:
    if not url:
        with open_ledger(Settings(home=home)) as ledger:
            yield LedgerSource(ledger, "bench")
        return
    with reading(_system(home, url), purpose="bench") as session:
        yield SystemSource(session, _ROWS)


def _system(home: Path, url: str) -> System:
    from infra.bench.subject import Subject

    return Subject(home=home, url=url, superuser_url=url).system(url)


@contextmanager
def _ledger(home: Path, events: int) -> Iterator[Ledger]:
    """A ledger with a chain of so many events, kept for the next bench."""
    home.mkdir(parents=True, exist_ok=True)
    with open_ledger(Settings(home=home)) as ledger:
        head = audit.head(ledger, "bench")
        for first in range(head.sequence if head else 0, events, _AT_ONCE):
            audit.append(ledger, *(_event(number) for number in range(first, min(first + _AT_ONCE, events))))
        yield ledger


def _event(number: int) -> audit.Event:
    return audit.Event(
        system="bench",
        job="maintenance",
        action=_ACTIONS[number % len(_ACTIONS)],
        effect=Effect.LIVE,
        result=Result.PASSED,
        actor=f"actor {number % 7}",
        actor_source="bench",
        time=datetime(2026, 1, 1, tzinfo=UTC) + number * timedelta(seconds=20),
        flow_run_id=f"0b51e7a4-0000-4000-8000-{number:012d}",
        figures={"deleted": number % 500, "seconds": 1.25, "store": "local"},
    )


if __name__ == "__main__":
    home, url, form, events = sys.argv[1:]
    sys.stdout.write(json.dumps(_export_here(Path(home), url, ExportFormat(form), int(events))))
