"""`up`: the stack stays until it is told to stop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from infra.local.deployments import registered
from infra.local.environment import logs_folder
from infra.local.lock import only_one
from infra.local.prefect_file import Deployment
from infra.local.schedule import next_runs
from infra.local.stack import Stack, Wishes
from sereno.errors import EXIT_DONE, EXIT_INTERRUPTED
from sereno.settings import Settings


async def up(settings: Settings, wishes: Wishes, console: Console) -> int:
    """Run the stack until Ctrl-C or SIGTERM; the exit code: 0 when it was ready by then, else 130.

    Raises:
        RefusedError: it runs already.
        ChildDiedError: a part of it ended by itself.
    """
    ready = False
    with only_one(settings.home_path, "up") as lock:
        stack = Stack(settings, wishes, partial(console.print, soft_wrap=True))
        try:
            await stack.start()
            lock.note(ui_url=stack.ui_url)
            console.print(await stack.guard(_deployments(stack)))
            console.print(_places(stack), soft_wrap=True)
            ready = True
            await stack.guard(asyncio.Event().wait())
        except asyncio.CancelledError:
            console.print("stopping ...")
        finally:
            await stack.stop()
    return EXIT_DONE if ready else EXIT_INTERRUPTED


async def _deployments(stack: Stack) -> Table:
    runs = await next_runs(stack.client, await registered(stack.client, stack.sources))
    table = Table("deployment", "schedule", "next run", title="Deployments", title_justify="left")
    for deployment in (one for source in stack.sources for one in source.deployments):
        schedules = [f"{one.cron or one.rrule or one.interval} ({one.timezone})" for one in deployment.schedules]
        table.add_row(deployment.name, ", ".join(schedules) or "by hand", _next_run(deployment, runs))
    return table


def _next_run(deployment: Deployment, runs: Mapping[str, datetime]) -> str:
    if not deployment.scheduled:
        return ""
    if deployment.name not in runs:
        return "not planned yet; see server.log"
    return f"{runs[deployment.name].astimezone(ZoneInfo(deployment.schedules[0].timezone)):%a %d %b %H:%M %Z}"


def _places(stack: Stack) -> str:
    return (
        f"Prefect UI   {stack.ui_url}\n"
        f"Prefect API  {stack.api_url}\n"
        f"Demo API     {stack.demo_url}\n"
        f"Reports      {stack.reports_url}\n"
        f"Logs         {logs_folder(stack.settings)}\n"
        "Everything is running; Ctrl-C or `make down` stops it."
    )
