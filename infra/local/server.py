"""The Prefect server of the local stack."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from infra.local.processes import Child, ChildDiedError, start_child

_READY_WITHIN_SECONDS = 180


async def start_server(*, environment: Mapping[str, str], folder: Path, logs: Path) -> Child:
    """Start the server on the port that `environment` names; it is not ready yet."""
    command = (sys.executable, "-m", "prefect", "server", "start", "--analytics-off")
    return await start_child("server", command, environment=environment, folder=folder, logs=logs)


async def wait_until_ready(server: Child, api_url: str) -> None:
    """Wait until `server` answers at `api_url`.

    Raises:
        ChildDiedError: it ended, or did not answer in three minutes.
    """
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while server.running:
            try:
                if (await client.get(f"{api_url}/ready")).is_success:
                    return
            except httpx.TransportError:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise ChildDiedError(f"the server does not answer; the last lines of {server.log}:\n{server.tail()}")
            await asyncio.sleep(0.2)
    await server.watch()
