"""`deploy`: register deployments on a server that runs."""

from __future__ import annotations

import os

from dotenv import dotenv_values
from rich.console import Console

from infra.local.deployments import check_flows, register, registered, sources
from infra.local.environment import sereno_environment
from infra.local.lock import holder_of
from infra.local.pool import ensure_pool
from sereno.errors import EXIT_DONE, ConfigurationError, SystemUnavailableError
from sereno.settings import Settings, project_root


async def deploy(settings: Settings, system: str | None, console: Console) -> int:
    """Register the deployments of `system`, or all of them, on `PREFECT_API_URL` or else on the local stack.

    Raises:
        ConfigurationError: no server is known, or a prefect.yaml is wrong.
        SystemUnavailableError: the server does not answer.
        SerenoError: Prefect refused a deployment.
    """
    chosen = sources(settings, system)
    api_url = _api_url(settings)
    os.environ.update({"PREFECT_API_URL": api_url, **sereno_environment(settings)})

    from prefect.client.orchestration import get_client

    check_flows(chosen)
    async with get_client() as client:
        if error := await client.api_healthcheck():
            raise SystemUnavailableError(f"no Prefect server answers at {api_url}: {error}")
        await ensure_pool(client, here=False)
        await register(client, chosen)
        for deployment in await registered(client, chosen):
            console.print(f"{deployment.name}: {api_url.removesuffix('/api')}/deployments/deployment/{deployment.id}")
    return EXIT_DONE


def _api_url(settings: Settings) -> str:
    configured = os.environ.get("PREFECT_API_URL") or dotenv_values(project_root() / ".env").get("PREFECT_API_URL")
    if configured:
        return configured
    if (holder := holder_of(settings.home_path)) and holder.api_url:
        return holder.api_url
    raise ConfigurationError("no server to deploy to: set PREFECT_API_URL, or start the local stack with `make up`")
