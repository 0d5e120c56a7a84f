"""The load check's client against `wrk`, on the same endpoint of the demo API; server and client have a core each."""

from __future__ import annotations

import os
import re
import shutil
import statistics
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from infra.bench.measured import Measured
from infra.demo.system import DemoSystem
from sereno.load.load import Load
from sereno.load.measure import measure
from sereno.load.request import Place, request_of

CONNECTIONS = 10
PATHS = ("/health", "/health/ready")
_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}
_RATE = re.compile(r"Requests/sec:\s+([\d.]+)")
_MEDIAN = re.compile(r"\s50%\s+([\d.]+)(us|ms|s)\b")
_MISSING = "wrk is not installed, so there is nothing to compare with; Debian's package is called wrk"


@dataclass(frozen=True)
class _Side:
    """What one client measured. `cpu_seconds` of ours, by request."""

    rate: float
    median: float
    cpu_seconds: float = 0.0


def measure_load(home: Path, *, rounds: int, seconds: float) -> list[Measured]:
    """Requests a second and median latency, ours against wrk's, in turn."""
    if shutil.which("wrk") is None:
        return [Measured("load check / wrk", 0.0, None, _MISSING)]
    home.mkdir(parents=True, exist_ok=True)
    client_core, server_core = _cores()
    demo = DemoSystem(home, scale=0.02, settings={"fsync": "off"})
    try:
        with _on(server_core):
            demo.start_database()
            base_url = demo.start_api()
        with _on(client_core):
            return [line for path in PATHS for line in _compared(base_url, path, rounds=rounds, seconds=seconds)]
    finally:
        demo.stop()


def _compared(base_url: str, path: str, *, rounds: int, seconds: float) -> list[Measured]:
    _ours(base_url, path, seconds=1)  # the server's first second is slower, and neither's fault
    pairs = [(_ours(base_url, path, seconds=seconds), _wrk(base_url + path, seconds=seconds)) for _ in range(rounds)]
    rate = statistics.median(ours.rate / wrk.rate for ours, wrk in pairs)
    median = statistics.median(ours.median / wrk.median for ours, wrk in pairs)
    ours, wrk = pairs[-1]
    cost = f"{ours.rate:,.0f} / {wrk.rate:,.0f}; {ours.cpu_seconds * 1000:.3f} ms of CPU a request"
    took = f"{ours.median * 1000:.2f} ms / {wrk.median * 1000:.2f} ms"
    return [
        Measured(f"load check / wrk, requests a second, {path}", rate, None, cost, at_least=0.6),
        Measured(f"load check / wrk, p50, {path}", median, 1.5, took),
    ]


def _ours(base_url: str, path: str, *, seconds: float) -> _Side:
    url = urlsplit(base_url)
    place = Place(host=url.hostname or "", port=url.port or 80)
    load = Load(duration_seconds=seconds, concurrency=CONNECTIONS)
    measurement = measure(place, request_of(place, path=path), load)
    recorder = measurement.recorder
    if recorder.failed:
        raise SystemExit(f"the load that was measured failed: {dict(recorder.errors)}")
    cpu = measurement.client.cpu_percent / 100 * recorder.wall_seconds / recorder.ended
    return _Side(recorder.answered_per_second, recorder.latencies.percentile(50), cpu)


def _wrk(url: str, *, seconds: float) -> _Side:
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{max(1, round(seconds))}s", "--latency", url]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
    rate, median = _RATE.search(output), _MEDIAN.search(output)
    if not rate or not median:
        raise SystemExit(f"wrk said something else than expected: {output}")
    return _Side(float(rate[1]), float(median[1]) * _UNITS[median[2]])


def _cores() -> tuple[int, int]:
    """One for the client and one for the server; the same one where there is no second."""
    cores = sorted(os.sched_getaffinity(0))
    return cores[-1], cores[0]


@contextmanager
def _on(core: int) -> Iterator[None]:
    """Keep this thread, and what it starts, on one core."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)
