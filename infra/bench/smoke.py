"""What smoke costs on the client's side: per check, in memory, and from a cold start.

Each figure comes from a process of its own, against a server in another one that answers at once.
"""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

from infra.bench.answering import answering
from infra.bench.measured import Measured
from infra.bench.timing import in_turn, ratio

_MILLISECONDS = 4.0
_COLD_TIMES = 3.0
_MEGABYTE = 1_000_000
_SYSTEM = "name: bench\ntitle: Bench\ntimezone: UTC\ndatabase: {url: '${BENCH_URL}'}\n"
_HEAD = """base_url: BASE
suites:
  bench:
    description: The same question many times.
    without_database: there is none behind the bench's server
    parallel: 8
    checks:
"""
_CHECK = "    - {name: check NUMBER, get: /, GROUP expect: [status == 200, $.status == ok, '$.items count == 3']}\n"
_BARE = """
import sys, httpx
with httpx.Client(base_url=sys.argv[1]) as client:
    for number in range(10):
        answer = client.get("/")
        assert answer.status_code == 200
        assert answer.json()["status"] == "ok"
        assert len(answer.json()["items"]) == 3
"""


def measure_smoke(home: Path, *, rounds: int) -> list[Measured]:
    """Milliseconds per check above a bare socket, peak memory of many checks, and a cold command against httpx."""
    return [_overhead(home, rounds=rounds), _memory(home), _cold(home, rounds=rounds)]


def _overhead(home: Path, *, rounds: int) -> Measured:
    with answering() as url:
        _write(home, url, checks=100)
        figures = [_measured_elsewhere(home) for _ in range(rounds)]
        bare = min(_bare_seconds(url, 100) for _ in range(rounds))
    best = min(figures, key=lambda figure: figure["seconds"])
    each = (best["seconds"] - bare) / 100 * 1000
    processor = min(figure["processor_seconds"] for figure in figures) * 10
    told = f"100 checks of three asserts, best of {rounds}: {processor:.2f} ms of CPU; a bare socket {bare * 10:.2f} ms"
    return Measured("smoke: client overhead per check, ms", each, _MILLISECONDS, told)


def _memory(home: Path) -> Measured:
    peaks = []
    with answering(body_bytes=_MEGABYTE) as url:
        for checks in (100, 1_000):
            _write(home, url, checks=checks, group="group: all,")
            peaks.append(_measured_elsewhere(home))
    few, many = (figure["peak"] / _MEGABYTE for figure in peaks)
    told = f"answers of 1 MB, 8 at once: 100 checks {few:.0f} MB, 1,000 checks {many:.0f} MB above an idle process"
    return Measured("smoke: peak memory, 1,000 checks / 100", many / few, 1.25, told)


def _cold(home: Path, *, rounds: int) -> Measured:
    with answering() as url:
        _write(home, url, checks=10)
        command = [sys.executable, "-m", "sereno", "smoke", "bench"]
        sides = {
            "sereno": lambda: _run(command, home),
            "httpx": lambda: _run([sys.executable, "-c", _BARE, url], home),
        }
        in_turn(sides, rounds=1)  # compiles what was never imported before
        samples = in_turn(sides, rounds=max(rounds, 5))
    told = f"10 checks: {samples['sereno'].median:.2f} s, a script with httpx {samples['httpx'].median:.2f} s"
    return Measured(
        "smoke: cold command / bare httpx script", ratio(samples["sereno"], samples["httpx"]), _COLD_TIMES, told
    )


def _write(home: Path, url: str, *, checks: int, group: str = "") -> None:
    folder = home / "systems" / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "system.yaml").write_text(_SYSTEM)
    lines = (_CHECK.replace("NUMBER", str(number)).replace("GROUP", group) for number in range(checks))
    (folder / "smoke.yaml").write_text(_HEAD.replace("BASE", url) + "".join(lines))


def _environment(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "SERENO_"))}
    return {**kept, "SERENO_HOME": str(home), "SERENO_SYSTEMS_DIR": str(home / "systems")}


def _run(command: list[str], home: Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=_environment(home))


def _measured_elsewhere(home: Path) -> dict[str, float]:
    command = [sys.executable, "-m", "infra.bench.smoke"]
    output = subprocess.run(command, check=True, stdout=subprocess.PIPE, env=_environment(home)).stdout
    figures: dict[str, float] = json.loads(output)
    return figures


def _measure_here() -> dict[str, float]:
    """Seconds and bytes of a run in this process, without reading the suite."""
    from sereno.smoke.plan import plan_run
    from sereno.smoke.running import run_plan
    from sereno.smoke.suite.reading import read_suites
    from sereno.smoke.wishes import Wishes

    plan = plan_run(read_suites("bench"), Wishes())
    idle = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
    started, busy = time.perf_counter(), time.process_time()
    run = run_plan(plan)
    seconds, processor_seconds = time.perf_counter() - started, time.process_time() - busy
    assert all(result.passed for result in run.results)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 - idle
    return {"seconds": seconds, "processor_seconds": processor_seconds, "peak": peak}


def _bare_seconds(url: str, requests: int) -> float:
    """What the same requests take on a socket, one after the other."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80))) as connection:
        started = time.perf_counter()
        for _ in range(requests):
            connection.sendall(b"GET / HTTP/1.1\r\nHost: bench\r\n\r\n")
            connection.recv(65_536)
        return time.perf_counter() - started


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure_here()))
