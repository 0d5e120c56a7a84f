"""`python -m infra.demo start` runs the demo system until it is interrupted; `seed` only creates its database."""

from __future__ import annotations

import argparse
import signal
import sys
from datetime import datetime
from pathlib import Path

from infra.demo.system import DemoSystem
from sereno.errors import SerenoError
from sereno.settings import load_settings


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    given = _parser().parse_args(arguments)
    system = DemoSystem(given.home, scale=given.scale, reference=given.reference)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        system.start_database()
        sys.stdout.write(f"database: running, rows as of {system.reference:%Y-%m-%d %H:%M %Z}\n")
        if given.command == "start":
            sys.stdout.write(f"API: {system.start_api(given.port)} (admin@salon.example, password in ")
            sys.stdout.write(f"{system.folder / 'secrets' / 'admin_password'})\nCtrl-C stops both\n")
            sys.stdout.flush()
            signal.pause()
    except KeyboardInterrupt:
        sys.stdout.write("stopping\n")
    except SerenoError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    finally:
        system.stop()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.demo", description=__doc__)
    parser.add_argument("command", choices=("start", "seed"))
    parser.add_argument("--home", type=Path, default=load_settings().home_path, help="default: SERENO_HOME")
    parser.add_argument("--scale", type=float, default=1, help="1 (the default) is about 100,000 rows")
    parser.add_argument("--port", type=int, default=0, help="of the API; default: any free one")
    parser.add_argument(
        "--reference",
        type=datetime.fromisoformat,
        help="what is now in the rows, such as 2026-11-20T12:00+00:00; default: the present hour",
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
