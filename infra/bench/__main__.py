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

from infra.bench.measured import Measured
from infra.bench.parts import PARTS, Wanted
from sereno.errors import SerenoError
from sereno.settings import load_settings


def main() -> int:
    """Run the bench and return its exit code."""
    given = _parser().parse_args()
    given.home = given.home.resolve()
    console = Console(stderr=True)
    started = time.monotonic()
    wanted = Wanted(home=given.home, rounds=given.rounds, size=given.size)
    given.home.mkdir(parents=True, exist_ok=True)
    lines: list[Measured] = []
    try:
        for name in given.only or PARTS:
            console.print(f"{name} ...")
            lines += PARTS[name](wanted)
    except SerenoError as error:
        console.print(f"bench: {error}", style="red")
        return error.exit_code
    Console(width=150).print(_table(lines))
    results = given.home / "results.json"
    results.write_text(json.dumps([{**asdict(line), "met": line.met} for line in lines], indent=2) + "\n")
    console.print(f"{time.monotonic() - started:.0f} s; written to {results}")
    return 0 if all(line.met for line in lines) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="only this part; can be given several times")
    parser.add_argument("--size", type=float, default=1, help="1 is the size at which the limits are judged")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is run")
    default = load_settings().home_path / "bench"
    parser.add_argument("--home", type=Path, default=default, help="where data and results are kept")
    return parser


def _table(lines: list[Measured]) -> Table:
    table = Table(title="Sereno against its peers: medians of ratios")
    for heading in ("what", "figure", "wanted", "", "detail"):
        table.add_column(heading, justify="right" if heading == "figure" else "left")
    for line in lines:
        verdict = "" if not line.wanted else "ok" if line.met else "MISSED"
        table.add_row(line.name, f"{line.value:.2f}", line.wanted, verdict, line.detail)
    return table


if __name__ == "__main__":
    sys.exit(main())
