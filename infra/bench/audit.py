"""The audit chain on the default ledger, against bare inserts of the same rows and a plain loop that hashes them."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra.bench.measured import Measured
from infra.bench.timing import in_turn, ratio
from sereno import audit
from sereno.audit import Event
from sereno.ledger import Ledger, open_ledger
from sereno.reports.model import Effect, Result
from sereno.settings import Settings

_BATCH = 100
_BEGINNING = datetime(2026, 1, 1, tzinfo=UTC)


def measure_chain(folder: Path, *, events: int, rounds: int) -> list[Measured]:
    """Appending in batches of 100, and verifying the whole chain.

    Args:
        folder: where the ledgers go; emptied first.
        events: how long the chain becomes in each round.
        rounds: how often each side is run.
    """
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    chain = [_event(number) for number in range(events)]
    with open_ledger(Settings(home=folder)) as ledger:
        _append(ledger, chain)
        rows = _rows(folder / "ledger.db")
    bare = folder / "bare.db"
    shutil.copy(folder / "ledger.db", bare)
    with open_ledger(Settings(home=_fresh(folder / "appended"))) as ledger:
        samples = in_turn(
            {
                "append": lambda: _append(ledger, chain),
                "insert": lambda: _insert(bare, rows),
                "verify": lambda: _verify(folder),
                "hash": lambda: _hash(folder / "ledger.db"),
            },
            rounds=rounds,
        )
    return [
        Measured(
            "append to the audit chain / bare inserts, speed",
            ratio(samples["insert"], samples["append"]),
            None,
            f"{events / samples['append'].median:,.0f} / {events / samples['insert'].median:,.0f} events a second",
            at_least=0.5,
        ),
        Measured(
            "verify the audit chain / read and hash in a plain loop, speed",
            ratio(samples["hash"], samples["verify"]),
            None,
            f"{events / samples['verify'].median:,.0f} / {events / samples['hash'].median:,.0f} events a second",
            at_least=0.3,
        ),
    ]


def _event(number: int) -> Event:
    return Event(
        system="bench",
        job="maintenance",
        action="PURGE_API_LOGS",
        effect=Effect.LIVE,
        result=Result.PASSED,
        actor="schedule",
        actor_source="SERENO_ACTOR",
        time=_BEGINNING + timedelta(seconds=number),
        flow_run_id=f"00000000-0000-4000-8000-{number:012d}",
        figures={"candidates": number, "deleted": number, "remaining_candidates": 0, "seconds": 1.5},
    )


def _append(ledger: Ledger, chain: Sequence[Event]) -> None:
    for first in range(0, len(chain), _BATCH):
        audit.append(ledger, *chain[first : first + _BATCH])


def _rows(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute("SELECT * FROM sereno_audit_events ORDER BY sequence").fetchall()


def _insert(path: Path, rows: Sequence[tuple[object, ...]]) -> None:
    """The same rows, as durable as the ledger's: a commit for each batch, in the journal that the ledger uses."""
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA synchronous=FULL")
        database.execute("DELETE FROM sereno_audit_events")
        statement = f"INSERT INTO sereno_audit_events VALUES ({', '.join('?' * len(rows[0]))})"  # noqa: S608
        for first in range(0, len(rows), _BATCH):
            database.execute("BEGIN IMMEDIATE")
            database.executemany(statement, rows[first : first + _BATCH])
            database.execute("COMMIT")


def _verify(home: Path) -> None:
    with open_ledger(Settings(home=home)) as ledger:
        if not audit.verify(ledger, "bench").passed:
            raise SystemExit("the chain of the bench does not hold")


def _hash(path: Path) -> None:
    newest = bytes(32)
    with closing(sqlite3.connect(path)) as database:
        for (text,) in database.execute("SELECT text FROM sereno_audit_events ORDER BY sequence"):
            newest = hashlib.sha256(newest + text.encode()).digest()


def _fresh(folder: Path) -> Path:
    folder.mkdir()
    return folder
