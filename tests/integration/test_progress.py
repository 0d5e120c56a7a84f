"""The progress of a long step: it is shown where the server takes it, and never fails the step."""

from __future__ import annotations

import asyncio
import logging
from typing import Any
from uuid import uuid4

import httpx
import pytest

from tasks import progress
from tasks.progress import shown_progress

Logged = pytest.LogCaptureFixture


class Server:
    """Takes progress artifacts, unless it is told to fail or to hang."""

    def __init__(self) -> None:
        self.shown: list[float] = []
        self.failing = False
        self.hanging = False
        self._asked = asyncio.Semaphore(0)

    async def take(self, *arguments: Any, **named: Any) -> Any:
        self._asked.release()
        if self.hanging:
            await asyncio.sleep(60)
        if self.failing:
            raise httpx.ConnectError("All connection attempts failed")
        self.shown.append(next(each for each in (*arguments, *named.values()) if isinstance(each, float)))
        return uuid4()

    async def asked(self, times: int) -> None:
        """Wait until it was asked so many times more."""
        async with asyncio.timeout(10):
            for _ in range(times):
                await self._asked.acquire()


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, caplog: Logged) -> Server:
    fake = Server()
    monkeypatch.setattr(progress, "_EVERY_SECONDS", 0.01)
    monkeypatch.setattr(progress, "acreate_progress_artifact", fake.take)
    monkeypatch.setattr(progress, "aupdate_progress_artifact", fake.take)
    caplog.set_level(logging.WARNING, logger="sereno.progress")
    return fake


async def test_the_last_thing_shown_is_that_it_is_done(server: Server) -> None:
    async with shown_progress("load_rows") as noted:
        noted(done=1, total=4, what="users")
        await server.asked(3)
    assert server.shown[0] == 25.0
    assert server.shown[-1] == 100.0


@pytest.mark.parametrize("fails_after", [0, 2])
async def test_a_server_that_fails_does_not_fail_the_step_and_is_warned_of_once(
    fails_after: int, server: Server, caplog: Logged
) -> None:
    async with shown_progress("load_rows"):
        await server.asked(fails_after)
        server.failing = True
        await server.asked(3)
    warned = [record.getMessage() for record in caplog.records if record.name == "sereno.progress"]
    assert warned == ["the progress of load-rows is not shown: All connection attempts failed"]


async def test_progress_goes_on_when_the_server_is_back(server: Server) -> None:
    server.failing = True
    async with shown_progress("load_rows"):
        await server.asked(2)
        server.failing = False
        await server.asked(2)
    assert server.shown[-1] == 100.0


async def test_a_server_that_hangs_does_not_hold_up_the_step(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE_SECONDS", 0.05)
    server.hanging = True
    async with asyncio.timeout(5), shown_progress("load_rows"):
        await server.asked(1)


async def test_an_error_of_the_step_is_the_one_that_is_raised(server: Server) -> None:
    async def step() -> None:
        async with shown_progress("load_rows"):
            await server.asked(1)
            raise ZeroDivisionError

    server.failing = True
    with pytest.raises(ZeroDivisionError):
        await step()


async def test_a_step_that_is_cancelled_while_its_bar_ends_stays_cancelled(server: Server) -> None:
    async def step() -> None:
        async with shown_progress("load_rows"):
            await server.asked(1)
            server.hanging = True

    running = asyncio.create_task(step())
    await server.asked(2)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
