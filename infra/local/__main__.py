"""`python -m infra.local up | demo | down | deploy [SYSTEM]`.

Exit codes: 0 done, 1 failed, 2 usage or configuration, 3 refused, 130 interrupted.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from typing import Any

from rich.console import Console

from infra.local.ports import PREFECT_PORT
from sereno.errors import EXIT_INTERRUPTED, SerenoError
from sereno.settings import load_settings, project_root

_WIDTH_OF_A_FILE = 160  # characters; a terminal knows its own


def main() -> int:
    """Carry out the command line; the exit code. A command imports what it needs: `down` is not to wait for Prefect."""
    arguments = _parser().parse_args()
    console = Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else _WIDTH_OF_A_FILE)
    os.chdir(project_root())
    try:
        settings = load_settings()
        match arguments.command:
            case "up":
                from infra.local.stack import Wishes
                from infra.local.up import up

                wishes = Wishes(port=arguments.port, scale=arguments.scale)
                return _run(lambda: up(settings, wishes, console))
            case "demo":
                from infra.local.demo import QUEUE, SYSTEM, demo
                from infra.local.stack import Wishes

                wishes = Wishes(port=arguments.port, scale=arguments.scale, queue=QUEUE, system=SYSTEM)
                return _run(lambda: demo(settings, wishes, console))
            case "deploy":
                from infra.local.deploy import deploy

                return _run(lambda: deploy(settings, arguments.system, console))
            case _:
                from infra.local.down import down

                return down(settings, console)
    except SerenoError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except (asyncio.CancelledError, KeyboardInterrupt):
        return EXIT_INTERRUPTED


def _run(work: Callable[[], Coroutine[Any, Any, int]]) -> int:
    """Do `work`; Ctrl-C, SIGTERM and a closed terminal cancel it once, and cannot disturb its clean-up."""

    async def cancellable() -> int:
        loop, task = asyncio.get_running_loop(), asyncio.ensure_future(work())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, _once(task.cancel))
        return await task

    return asyncio.run(cancellable())


def _once(action: Callable[[], object]) -> Callable[[], None]:
    done = False

    def act() -> None:
        nonlocal done
        if not done:
            done = True
            action()

    return act


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The local stack of Sereno.")
    commands = parser.add_subparsers(dest="command", required=True)
    for name, help_text in (
        ("up", "start everything and stay until Ctrl-C"),
        ("demo", "start everything, run each scheduled job of the demo system once, and stop"),
    ):
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.add_argument("--port", type=_port, default=PREFECT_PORT, help="where the server listens [%(default)s]")
        command.add_argument("--scale", type=_scale, default=1.0, help="how much demo data; 1 is about 100,000 rows")
    commands.add_parser("down", help="stop what `up` or `demo` started in this SERENO_HOME")
    command = commands.add_parser("deploy", help="register deployments on PREFECT_API_URL or the running local stack")
    command.add_argument("system", nargs="?", metavar="SYSTEM", help="only those of this system")
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 65_535:
        raise argparse.ArgumentTypeError(f"expected a port from 1 to 65535, found {text!r}")
    return int(text)


def _scale(text: str) -> float:
    try:
        scale = float(text)
    except ValueError:
        scale = 0.0
    if not 0 < scale <= 10_000:
        raise argparse.ArgumentTypeError(f"expected a number above 0, found {text!r}")
    return scale


if __name__ == "__main__":
    sys.exit(main())
