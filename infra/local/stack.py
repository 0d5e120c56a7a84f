"""The whole local stack: started in the order in which its parts need each other, stopped in the reverse order."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from infra.local.authority import write_authority
from infra.local.automation import ensure_automation
from infra.local.demo_system import announced, start_demo
from infra.local.deployments import Source, check_flows, register, sources
from infra.local.descendants import adopt_orphans, descendants, reap_adopted
from infra.local.environment import adopt, logs_folder, stack_environment
from infra.local.history import crash_cut_short, skip_missed
from infra.local.pool import ensure_pool, start_worker
from infra.local.ports import LOOPBACK, PREFECT_PORT, free_port
from infra.local.processes import Child
from infra.local.readiness import ready_sources
from infra.local.reports_server import ReportsServer
from infra.local.server import TakenPortError, start_server, wait_until_ready
from sereno.settings import Settings, project_root

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient

T = TypeVar("T")

_LAST_WORD_SECONDS = 10.0
_LOOKS = 100
_REAP_EVERY_SECONDS = 60.0


@dataclass(frozen=True)
class Wishes:
    """How the stack is wanted."""

    port: int = PREFECT_PORT
    """Where the server listens; the next free port when it is taken."""
    scale: float = 1.0
    """The size of the demo system's data."""
    queue: str | None = None
    """The only work queue that the worker serves; None serves all of them."""
    system: str | None = None
    """The only system whose deployments are registered; None registers those of every system that is set up here."""


class Stack:
    """Server, demo system, worker and deployments. `stop` is safe at any moment after `__init__`."""

    client: PrefectClient
    ui_url: str
    _port: int
    _place: dict[str, Any]
    api_url: str
    demo_url: str
    reports_url: str

    def __init__(self, settings: Settings, wishes: Wishes, say: Callable[[str], None]) -> None:
        """Read the deployments; nothing is started.

        Args:
            settings: where SERENO_HOME and the systems are.
            wishes: how it is wanted.
            say: is told each step, in one line.

        Raises:
            ConfigurationError: a prefect.yaml is wrong.
        """
        self.settings = settings
        self.wishes = wishes
        ready = ready_sources(sources(settings, wishes.system), settings)
        self.sources: tuple[Source, ...] = ready.sources
        self._left_out = ready.left_out
        self._say = say
        self._children: list[Child] = []
        self._open = AsyncExitStack()

    async def start(self) -> None:
        """Start everything; what is returned from is ready to carry out runs.

        Raises:
            ChildDiedError: a part ended while it should have started.
            SerenoError: a deployment was refused.
        """
        adopt_orphans()
        self._serve_reports()
        announce = self.settings.home_path / "demo" / "api-url"
        self._say("starting the Prefect server and the demo system (PostgreSQL and its API)")
        server = await self._start_server(self.wishes.port)
        await self._keep(start_demo(scale=self.wishes.scale, announce=announce, **self._place))
        from prefect.client.orchestration import PrefectClient  # while the server starts: it takes seconds

        check_flows(self.sources)
        await self._until_ready(server)
        self.client = await self._open.enter_async_context(PrefectClient(self.api_url))
        await self._tidy()
        self._say("starting the worker and registering the deployments")
        for line in self._left_out:
            self._say(line)
        await self._keep(start_worker(queue=self.wishes.queue, **self._place))
        await self.guard(self._register())
        self.demo_url = await self.guard(announced(announce))

    async def guard(self, work: Coroutine[Any, Any, T], children: Sequence[Child] | None = None) -> T:
        """Do `work` as long as every part of the stack is running, or every one of `children`.

        Raises:
            ChildDiedError: a part ended; `work` was given up.
        """
        task = asyncio.ensure_future(work)
        watches = [asyncio.ensure_future(child.watch()) for child in (self._children if children is None else children)]
        reaper = asyncio.ensure_future(self._reap())
        try:
            done, _ = await asyncio.wait([task, *watches], return_when=asyncio.FIRST_COMPLETED)
            for ended in done.intersection(watches):
                ended.result()
            return task.result()
        finally:
            for pending in (task, reaper, *watches):
                pending.cancel()
            await asyncio.gather(task, reaper, *watches, return_exceptions=True)

    async def at_rest(self) -> None:
        """Wait until the worker has no run in hand: the end of its last one's log is still on its way to the server."""
        for worker in (child for child in self._children if child.name == "worker"):
            for _ in range(_LOOKS):
                if not descendants(worker.process.pid):
                    break
                await asyncio.sleep(_LAST_WORD_SECONDS / _LOOKS)

    async def stop(self) -> None:
        """Stop everything that was started, and nothing else; runs that are cut short end Crashed."""
        for worker in (child for child in self._children if child.name == "worker"):
            await worker.stop(patience_seconds=15)
        if all(child.running for child in self._children if child.name == "server") and hasattr(self, "client"):
            with suppress(Exception):  # the next start does it, should the server not answer any more
                await asyncio.wait_for(crash_cut_short(self.client), _LAST_WORD_SECONDS)
        with suppress(Exception):
            await asyncio.wait_for(self._open.aclose(), _LAST_WORD_SECONDS)
        await asyncio.gather(*(child.stop(patience_seconds=30) for child in self._children))
        await _end_orphans()

    def _serve_reports(self) -> None:
        reports = ReportsServer(self.settings.home_path / "reports")
        self._open.callback(reports.stop)
        self.reports_url = reports.url

    async def _start_server(self, port: int) -> Child:
        """Start the server on `port`, or the next free one; from here on every part is started for that port."""
        self._port = free_port(port)
        if self._port != self.wishes.port:
            self._say(f"port {self.wishes.port} is in use; taking {self._port}")
        self.ui_url = f"http://{LOOPBACK}:{self._port}"
        self.api_url = f"{self.ui_url}/api"
        environment = stack_environment(self.settings, port=self._port, reports_url=self.reports_url)
        write_authority(Path(environment["PREFECT_API_SSL_CERT_FILE"]))
        adopt(environment)
        self._place = {"environment": environment, "folder": project_root(), "logs": logs_folder(self.settings)}
        return await self._keep(start_server(**self._place))

    async def _until_ready(self, server: Child) -> None:
        """Wait until `server` answers; when somebody else took its port meanwhile, go on with one at the next port."""
        home = Path(self._place["environment"]["PREFECT_HOME"])
        while True:
            others = [child for child in self._children if child is not server]
            try:
                await self.guard(wait_until_ready(server, self.api_url, home=home), others)
                break
            except TakenPortError as taken:
                await server.stop(patience_seconds=30)
                self._children.remove(server)
                self._say(str(taken))
                server = await self._start_server(self._port + 1)

    async def _keep(self, starting: Coroutine[Any, Any, Child]) -> Child:
        child = await starting
        self._children.append(child)
        return child

    async def _tidy(self) -> None:
        await ensure_pool(self.client, here=True)
        if cut_short := await crash_cut_short(self.client):
            self._say(f"{_runs(cut_short)} cut short when the stack ended last time; marked Crashed")
        if missed := await skip_missed(self.client):
            self._say(f"{_runs(missed, 'scheduled ')} fell due while nothing was running; skipped")

    async def _register(self) -> None:
        await asyncio.gather(register(self.sources), ensure_automation(self.client))

    async def _reap(self) -> None:
        while True:
            await asyncio.sleep(_REAP_EVERY_SECONDS)
            reap_adopted({child.process.pid for child in self._children})


def _runs(count: int, kind: str = "") -> str:
    return f"{count} {kind}run{'' if count == 1 else 's'}"


async def _end_orphans() -> None:
    """End what our children started and did not end themselves, such as the scratch server of a killed run."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        for pid in descendants():
            with suppress(ProcessLookupError):
                os.kill(pid, number)
        for _ in range(50):
            reap_adopted(set())
            if not descendants():
                return
            await asyncio.sleep(0.1)
