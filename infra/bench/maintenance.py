"""A purge in batches against one DELETE, with somebody who writes meanwhile; and a dry run against a live one."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from statistics import median

import psycopg

from infra.bench.measured import Measured
from infra.bench.subject import Subject
from infra.bench.writer import percentile, writing
from sereno.ledger import open_ledger
from sereno.maintenance.batches import purge_slice
from sereno.maintenance.plan import PurgePlan, count_left, plan_purge
from sereno.maintenance.progress import PurgeProgress
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
RETAIN_DAYS = 90
# without autovacuum, for which a purge would wait: that would be measured, and not the purge
_FILL = """
CREATE TABLE log (id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY, client int NOT NULL, path text NOT NULL,
                  status int NOT NULL, at timestamptz NOT NULL) WITH (autovacuum_enabled = off);
INSERT INTO log (client, path, status, at)
SELECT i % 997, '/api/v1/bookings/' || md5(i::text), 200,
       timestamptz '{cutoff}' + (i - {old}) * interval '0.5 seconds' - interval '1 second'
FROM generate_series(1, {rows}) i;
"""
_WRITE = "INSERT INTO log (client, path, status, at) VALUES (1, '/api/v1/bookings/' || md5('now'), 200, now())"
_INDEX = "CREATE INDEX ON log (at)"
_FILLED = "bench_filled"
_PURGES_A_ROUND = 3
_LOOKS = 3
_UNDISTURBED_SECONDS = 3.0


@dataclass
class _Disturbed:
    """How long something took each time, and how long each write meanwhile; in seconds.

    A purge is over before a writer has written a hundred times, so that a percentile of one would be its slowest
    write. Those of all rounds are taken together.
    """

    seconds: list[float] = field(default_factory=list)
    writes: list[float] = field(default_factory=list)

    def measure(self, url: str, work: Callable[[], object]) -> None:
        """Do it once more."""
        with writing(url, _WRITE) as writes:
            self.seconds.append(_seconds(work))
        self.writes += writes

    @property
    def p99(self) -> float:
        """The 99th percentile of the writes."""
        return percentile(self.writes, 99)


def measure_maintenance(subject: Subject, *, rows: int, old: int, rounds: int) -> list[Measured]:
    """Purge `old` of `rows` rows, each side on a copy of the same database."""
    (subject.home / "systems" / "bench").mkdir(parents=True, exist_ok=True)
    (subject.home / "systems" / "bench" / "system.yaml").touch()
    os.environ["SERENO_SYSTEMS_DIR"] = str(subject.home / "systems")
    open_ledger().close()  # made once, and not by what is measured
    fill = _FILL.format(cutoff=(NOW - timedelta(days=RETAIN_DAYS)).isoformat(), rows=rows, old=old)
    with subject.database(_FILLED, fill) as url:
        _tidy(url)
        without = _dry_run(subject, old, rounds=rounds, limit=0.6, name="without an index")
        with psycopg.connect(url) as connection:
            connection.execute(_INDEX)
        purges = _purges(subject, old, rounds=rounds * _PURGES_A_ROUND)
        return [*purges, _dry_run(subject, old, rounds=rounds, limit=0.1, name="with an index"), without]


def _purges(subject: Subject, old: int, *, rounds: int) -> list[Measured]:
    undisturbed, batches, single = _Disturbed(), _Disturbed(), _Disturbed()
    for _ in range(rounds):
        with _copy(subject) as url:
            undisturbed.measure(url, lambda: time.sleep(_UNDISTURBED_SECONDS))
            batches.measure(url, partial(_purge, subject.system(url), old))
        with _copy(subject) as url:
            undisturbed.measure(url, lambda: time.sleep(_UNDISTURBED_SECONDS))
            single.measure(url, partial(_delete, url))
    one, other = median(batches.seconds), median(single.seconds)
    times = median(each / peer for each, peer in zip(batches.seconds, single.seconds, strict=True))
    detail = f"{old:,} rows: {one:.2f} s / {other:.2f} s"
    return [
        Measured("purge in batches / one DELETE, time", times, 1.3, detail),
        _beside("a writer's p99 during a purge / alone", batches, undisturbed, limit=3),
        _beside("a writer's p99 during one DELETE / alone", single, undisturbed, limit=None),
    ]


def _dry_run(subject: Subject, old: int, *, rounds: int, limit: float, name: str) -> Measured:
    dry, live = [], []
    for _ in range(rounds):
        with _copy(subject) as url:
            system = subject.system(url)
            look = partial(plan_purge, system, _purge_of(old), now=NOW, live=False)
            dry.append(median(_seconds(look) for _ in range(_LOOKS)))  # it changes nothing, so it can be repeated
            live.append(_seconds(partial(_purge_and_count, system, old)))
    ratio = median(each / peer for each, peer in zip(dry, live, strict=True))
    detail = f"{median(dry) * 1000:.0f} ms / {median(live) * 1000:.0f} ms"
    return Measured(f"dry run / live, {name} on the date", ratio, limit, detail)


@contextmanager
def _copy(subject: Subject) -> Iterator[str]:
    """What was filled, once more, and in the server's memory as far as it goes there."""
    with subject.database("bench_purge", template=_FILLED) as url:
        _tidy(url)
        yield url


def _tidy(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE log")
        connection.execute("CHECKPOINT")


def _purge_of(old: int) -> Purge:
    """Beyond the job's own bound, which is not checked here."""
    purge = Purge(name="logs", table="log", key="id", older_than="at", retain_days=RETAIN_DAYS)
    return purge.model_copy(update={"max_delete": old})


def _purge(system: System, old: int) -> PurgePlan:
    plan = plan_purge(system, _purge_of(old), now=NOW, live=True)
    progress = PurgeProgress()
    while not progress.finished(plan):
        progress = purge_slice(system, plan, progress, run_id="bench")
    if progress.deleted != old:
        raise SystemExit(f"the purge that was measured deleted {progress.deleted:,} rows: {progress.stopped}")
    return plan


def _purge_and_count(system: System, old: int) -> None:
    """As a live run of the job, which counts at its end what is left."""
    count_left(system, _purge(system, old))


def _delete(url: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute("DELETE FROM log WHERE at < %s", [NOW - timedelta(days=RETAIN_DAYS)])


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _beside(name: str, one: _Disturbed, other: _Disturbed, *, limit: float | None) -> Measured:
    detail = f"{one.p99 * 1000:.1f} ms / {other.p99 * 1000:.1f} ms; of {len(one.writes):,} writes"
    return Measured(name, one.p99 / other.p99, limit, detail)
