"""`python -m infra.bench`: measure against peers, print a table, write JSON; exit 1 when a limit is missed."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.table import Table

from infra.bench.backup import Measured, measure_backup, measure_restore
from infra.bench.history import measure_history
from infra.bench.increments import KEYS, measure_increments
from infra.bench.memory import measure_memory
from infra.bench.subject import subject
from sereno.errors import SerenoError
from sereno.settings import load_settings

_GIGABYTE = 1_000_000_000


def main() -> int:
    """Run the bench and return its exit code."""
    given = _parser().parse_args()
    console = Console(stderr=True)
    started = time.monotonic()
    try:
        console.print(f"making the demo system's data at scale {given.scale:g} (kept in {given.home})")
        with subject(given.home / f"scale-{given.scale:g}", scale=given.scale) as measured_on:
            console.print("backup")
            lines = measure_backup(measured_on, rounds=given.rounds)
            console.print("restore")
            lines += measure_restore(measured_on, rounds=given.rounds)
            for kind in KEYS:
                console.print(f"increments with {kind} keys")
                lines += measure_increments(
                    measured_on, kind=kind, size_bytes=int(given.key_gigabytes * _GIGABYTE), rounds=given.rounds
                )
            console.print("memory")
            large = int(given.memory_gigabytes * _GIGABYTE)
            lines += measure_memory(measured_on, small_bytes=large // 13, large_bytes=large)
            console.print("history")
            lines += measure_history(measured_on, events=given.history_events, rounds=given.rounds)
    except SerenoError as error:
        console.print(f"bench: {error}", style="red")
        return error.exit_code
    Console(width=140).print(_table(lines))
    results = given.home / "results.json"
    results.write_text(json.dumps([{**asdict(line), "met": line.met} for line in lines], indent=2) + "\n")
    console.print(f"{time.monotonic() - started:.0f} s; written to {results}")
    return 0 if all(line.met for line in lines) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--scale", type=float, default=150, help="of the demo's data; 150 is about 2.1 GB of COPY text")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is run")
    parser.add_argument("--key-gigabytes", type=float, default=2, help="the database of each kind of key")
    parser.add_argument("--memory-gigabytes", type=float, default=4, help="the large database of the memory figures")
    parser.add_argument("--history-events", type=int, default=1_000_000, help="how many events a history has")
    default = load_settings().home_path / "bench"
    parser.add_argument("--home", type=Path, default=default, help="where data and results are kept")
    return parser


def _table(lines: list[Measured]) -> Table:
    table = Table(title="Sereno against its peers: medians of ratios, lower is better")
    for heading in ("what", "figure", "at most", "", "detail"):
        table.add_column(heading, justify="right" if heading in ("figure", "at most") else "left")
    for line in lines:
        limit = "" if line.limit is None else f"{line.limit:g}"
        table.add_row(line.name, f"{line.value:.2f}", limit, "ok" if line.met else "MISSED", line.detail)
    return table


if __name__ == "__main__":
    sys.exit(main())
