"""Increments against the full backups they spare, for keys of each kind; and one table against the whole."""

from __future__ import annotations

import shutil
import time
from dataclasses import dataclass
from functools import partial

import psycopg

from infra.bench.backup import restore
from infra.bench.measured import Measured
from infra.bench.subject import Subject
from infra.bench.timing import Sample, in_turn, ratio
from sereno.backup import write
from sereno.backup.manifest import BackupKind

BYTES_OF_A_ROW = 230
KEYS = {
    "integer": "bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY",
    "uuid": "uuid PRIMARY KEY DEFAULT gen_random_uuid()",
    "text": "text PRIMARY KEY DEFAULT 'k-' || md5(random()::text)",
}
FILL = """
CREATE TABLE visit (id {key}, customer int, at timestamptz, amount numeric(10, 2), note text, data jsonb);
INSERT INTO visit (customer, at, amount, note, data)
SELECT i % 9973, timestamptz '2026-01-01' + i * interval '1 second', (i % 10007) / 7.0,
       'visit ' || md5(i::text) || ' ' || md5((i * 3)::text), jsonb_build_object('number', i, 'tag', md5((i * 7)::text))
FROM generate_series(1, {rows}) i;
CREATE TABLE small AS SELECT * FROM visit LIMIT {rows} / 100;
ALTER TABLE small ADD PRIMARY KEY (id);
ANALYZE;
"""
CHANGE = """
UPDATE visit SET amount = amount + 1 WHERE random() < 0.01;
DELETE FROM visit WHERE random() < 0.001;
INSERT INTO visit (customer, at, note) SELECT 1, now(), 'new' FROM generate_series(1, {rows} / 1000);
"""


@dataclass(frozen=True)
class _Sizes:
    full: int = 0
    increment: int = 0


def measure_increments(subject: Subject, *, kind: str, size_bytes: int, rounds: int) -> list[Measured]:
    """1 % of the rows updated and 0.1 % deleted at random: the increment's bytes and time against the full's."""
    rows = size_bytes // BYTES_OF_A_ROW
    seconds: dict[str, list[float]] = {"full": [], "increment": []}
    sizes = _Sizes()
    with subject.database(f"bench_{kind}", FILL.format(key=KEYS[kind], rows=rows)) as url:
        system = subject.system(url)
        for _ in range(rounds):
            shutil.rmtree(subject.home / "backups" / "bench", ignore_errors=True)
            taken = {}
            for each in (BackupKind.FULL, BackupKind.INCREMENTAL):
                if each is BackupKind.INCREMENTAL:
                    with psycopg.connect(url) as connection:
                        connection.execute(CHANGE.format(rows=rows).encode())
                started = time.perf_counter()
                written = write.write(system, each)
                seconds["full" if each is BackupKind.FULL else "increment"].append(time.perf_counter() - started)
                if written.manifest.kind is not each:
                    raise SystemExit(f"the increment became a full backup: {written.remark}")
                taken[each] = written.manifest.stored_bytes
            sizes = _Sizes(taken[BackupKind.FULL], taken[BackupKind.INCREMENTAL])
        with subject.database("bench_target") as target:
            whole = in_turn({"whole": partial(restore, subject.system(url, target=target))}, rounds=1)["whole"]
        with subject.database("bench_target") as target:
            table = in_turn(
                {"table": partial(restore, subject.system(url, target=target), tables=("public.small",))}, rounds=1
            )["table"]
    full, increment = (Sample(name=name, seconds=tuple(taken)) for name, taken in seconds.items())
    limits = (0.02, 0.7) if kind == "integer" else (None, None)
    detail = f"{sizes.increment / 1e6:.1f} MB / {sizes.full / 1e6:.1f} MB"
    return [
        Measured(f"increment / full, bytes, {kind} keys", sizes.increment / sizes.full, limits[0], detail),
        Measured(
            f"increment / full, time, {kind} keys",
            ratio(increment, full),
            limits[1],
            f"{increment.median:.1f} s / {full.median:.1f} s",
        ),
        Measured(
            f"restore of a table of 1 % / chain, {kind} keys",
            ratio(table, whole),
            None,
            f"{table.median:.1f} s / {whole.median:.1f} s",
        ),
    ]
