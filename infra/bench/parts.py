"""The parts of the bench: each measures one capability against its peers, in a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from infra.bench.audit import measure_chain
from infra.bench.backup import measure_backup, measure_restore
from infra.bench.compliance import measure_compliance
from infra.bench.history import measure_history
from infra.bench.increments import KEYS, measure_increments
from infra.bench.load import measure_load
from infra.bench.maintenance import measure_maintenance
from infra.bench.measured import Measured
from infra.bench.memory import measure_memory
from infra.bench.smoke import measure_smoke
from infra.bench.subject import Subject, subject
from infra.bench.trials import measure_trials

_GIGABYTE = 1_000_000_000


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """How much is measured."""

    home: Path
    rounds: int
    size: float
    """1 is the size at which the limits are judged; smaller is quicker and shows less."""

    def count(self, full: int) -> int:
        """So many of `full` things as the size wants, at least one."""
        return max(1, round(full * self.size))


def _demo_data(wanted: Wanted) -> AbstractContextManager[Subject]:
    """The demo system's data; at full size about 2.1 GB of COPY text."""
    scale = 150 * wanted.size
    return subject(wanted.home / f"scale-{scale:g}", scale=scale)


def _server(wanted: Wanted) -> AbstractContextManager[Subject]:
    """A server with hardly anything on it."""
    return subject(wanted.home / "server", scale=0.01)


def _backup(wanted: Wanted) -> list[Measured]:
    with _demo_data(wanted) as on:
        return measure_backup(on, rounds=wanted.rounds) + measure_restore(on, rounds=wanted.rounds)


def _increments(wanted: Wanted) -> list[Measured]:
    size = int(2 * _GIGABYTE * wanted.size)
    with _server(wanted) as on:
        return [
            line for kind in KEYS for line in measure_increments(on, kind=kind, size_bytes=size, rounds=wanted.rounds)
        ]


def _memory(wanted: Wanted) -> list[Measured]:
    large = int(4 * _GIGABYTE * wanted.size)
    with _server(wanted) as on:
        return measure_memory(on, small_bytes=large // 13, large_bytes=large)


def _history(wanted: Wanted) -> list[Measured]:
    with _server(wanted) as on:
        return measure_history(on, events=wanted.count(1_000_000), rounds=wanted.rounds)


def _maintenance(wanted: Wanted) -> list[Measured]:
    rows, old = wanted.count(10_000_000), wanted.count(1_000_000)
    with _server(wanted) as on:
        return measure_maintenance(on, rows=rows, old=old, rounds=wanted.rounds)


def _trials(wanted: Wanted) -> list[Measured]:
    """At full size a million accounts, of which 20,000 are told something."""
    with _server(wanted) as on:
        accounts = max(1_000, wanted.count(1_000_000))
        return measure_trials(on, wanted.home / "trials", accounts=accounts, rounds=wanted.rounds)


def _compliance(wanted: Wanted) -> list[Measured]:
    people, events = wanted.count(1_000_000), wanted.count(10_000_000)
    with _server(wanted) as on:
        return measure_compliance(on, people=people, events=events, rounds=wanted.rounds)


PARTS: Mapping[str, Callable[[Wanted], list[Measured]]] = {
    "backup": _backup,
    "increments": _increments,
    "memory": _memory,
    "history": _history,
    "maintenance": _maintenance,
    "smoke": lambda wanted: measure_smoke(wanted.home / "smoke", rounds=wanted.rounds),
    "audit": lambda wanted: measure_chain(wanted.home / "audit", events=wanted.count(200_000), rounds=wanted.rounds),
    "compliance": _compliance,
    "load": lambda wanted: measure_load(wanted.home / "load", rounds=wanted.rounds, seconds=max(1, 5 * wanted.size)),
    "trials": _trials,
}
"""What `make bench ARGS="--only NAME"` can choose from."""
