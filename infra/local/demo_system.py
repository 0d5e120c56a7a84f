"""The demo system as a process of its own, so that its PostgreSQL is shut down properly however the stack ends.

`python -m infra.local.demo_system --announce FILE` starts it, writes the base URL of its API to FILE, and stops it when
it is terminated.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import NoReturn

from infra.local.processes import Child, start_child
from sereno.errors import SerenoError
from sereno.settings import load_settings


async def start_demo(
    *, scale: float, announce: Path, environment: Mapping[str, str], folder: Path, logs: Path
) -> Child:
    """Start the process; `announce` appears when the system is ready.

    Args:
        scale: how much data, 1 being about 100,000 rows.
        announce: the file for its URL; one of an earlier time is deleted.
        environment: all of its environment.
        folder: its working directory.
        logs: the folder of its log.
    """
    _withdraw(announce)
    command = (sys.executable, "-m", __name__, "--scale", str(scale), "--announce", str(announce))
    return await start_child("demo-system", command, environment=environment, folder=folder, logs=logs)


async def announced(announce: Path) -> str:
    """The demo API's base URL, as soon as it is there."""
    while True:
        if base_url := _read(announce):
            return base_url
        await asyncio.sleep(0.1)


def _withdraw(announce: Path) -> None:
    announce.parent.mkdir(parents=True, exist_ok=True)
    announce.unlink(missing_ok=True)


def _read(announce: Path) -> str:
    return announce.read_text() if announce.exists() else ""


def _main() -> int:
    parser = argparse.ArgumentParser(description="Run the demo system until terminated.")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--announce", type=Path, required=True)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    signal.signal(signal.SIGINT, _end)

    from infra.demo.system import DemoSystem

    demo = DemoSystem(load_settings().home_path, scale=arguments.scale)
    try:
        demo.start_database()
        base_url = demo.start_api()
        written = arguments.announce.with_suffix(".new")
        written.write_text(base_url)
        written.replace(arguments.announce)
        signal.pause()
    except SerenoError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        demo.stop()
    return 0


def _end(number: int, frame: FrameType | None) -> NoReturn:  # noqa: ARG001 (the signature of a handler)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    raise SystemExit(0)


if __name__ == "__main__":
    sys.exit(_main())
