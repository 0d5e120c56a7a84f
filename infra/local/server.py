"""The Prefect server of the local stack."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

from infra.local.ports import is_free
from infra.local.processes import Child, ChildDiedError, start_child

_READY_WITHIN_SECONDS = 180


class TakenPortError(ChildDiedError):
    """Another server answers at the port that ours was to have: it took it while ours was starting."""


async def start_server(*, environment: Mapping[str, str], folder: Path, logs: Path) -> Child:
    """Start the server on the port that `environment` names; it is not ready yet."""
    command = (sys.executable, "-m", "infra.local.prefect_server", "--analytics-off")
    return await start_child("server", command, environment=environment, folder=folder, logs=logs)


async def wait_until_ready(server: Child, api_url: str, *, home: Path) -> None:
    """Wait until `server` answers at `api_url`.

    Args:
        server: the process.
        api_url: where it is to answer.
        home: its PREFECT_HOME, by which it is told from another server that took the port first.

    Raises:
        TakenPortError: another server answers there.
        ChildDiedError: it ended, or did not answer in three minutes.
    """
    port = httpx.URL(api_url).port or 80
    deadline = asyncio.get_running_loop().time() + _READY_WITHIN_SECONDS
    async with httpx.AsyncClient(trust_env=False, timeout=5) as client:
        while server.running:
            try:
                if (await client.get(f"{api_url}/ready")).is_success:
                    if await _home_of(client, api_url) == str(home):
                        return
                    raise TakenPortError(f"another server took {api_url} while ours was starting")
            except httpx.TransportError:
                pass
            if asyncio.get_running_loop().time() > deadline:
                raise ChildDiedError(f"the server does not answer; the last lines of {server.log}:\n{server.tail()}")
            await asyncio.sleep(0.2)
    if not is_free(port):
        raise TakenPortError(f"another program took {api_url} while our server was starting")
    await server.watch()


async def _home_of(client: httpx.AsyncClient, api_url: str) -> str | None:
    """The PREFECT_HOME of the server at `api_url`; None where it does not tell, which a server of Prefect's does."""
    answer = await client.get(f"{api_url}/admin/settings")
    settings = answer.json() if answer.is_success else {}
    return settings.get("home") if isinstance(settings, dict) else None
