"""Somebody who writes while something else goes on, in a process of its own, and how long each write took."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

_PAUSE_SECONDS = 0.001
_FORK = multiprocessing.get_context("fork")


@contextmanager
def writing(url: str, statement: str) -> Iterator[list[float]]:
    """Run `statement` again and again, each a transaction, during the block; the seconds of each, after it."""
    stop, latencies = _FORK.Event(), _FORK.Queue()
    writer = _FORK.Process(target=_write, args=(url, statement, stop, latencies))
    writer.start()
    seconds: list[float] = []
    try:
        latencies.get()
        yield seconds
    finally:
        stop.set()
        seconds += latencies.get()
        writer.join()


def percentile(seconds: list[float], percent: float) -> float:
    """The value that `percent` of all are not above."""
    ordered = sorted(seconds)
    return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def _write(url: str, statement: str, stop: Any, latencies: Any) -> None:
    taken: list[float] = []
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())
        latencies.put([])
        while not stop.is_set():
            started = time.perf_counter()
            connection.execute(statement.encode())
            taken.append(time.perf_counter() - started)
            time.sleep(_PAUSE_SECONDS)
    latencies.put(taken)
