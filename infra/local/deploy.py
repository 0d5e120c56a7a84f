"""`deploy`: register deployments on a server that runs."""

from __future__ import annotations

import os

from dotenv import dotenv_values
from rich.console import Console

from infra.local.deployments import check_flows, register, registered, sources
from infra.local.environment import sereno_environment
from infra.local.lock import holder_of
from infra.local.pool import ensure_pool
from infra.local.readiness import ready_sources, require_ready
from sereno.errors import EXIT_DONE, ConfigurationError, SystemUnavailableError
from sereno.settings import Settings, project_root


async def deploy(settings: Settings, system: str | None, console: Console) -> int:
    """Register the deployments of `system`, or of all that are set up here, on `PREFECT_API_URL` or the local stack.

    Raises:
        ConfigurationError: no server is known, a prefect.yaml is wrong, or a secret of `system` is missing here.
        SystemUnavailableError: the server does not answer.
        SerenoError: Prefect refused a deployment.
    """
    chosen = sources(settings, system)
    if system is not None:
        require_ready(chosen, settings)
    ready = ready_sources(chosen, settings)
    api_url = _api_url(settings)
    os.environ.update({"PREFECT_API_URL": api_url, **sereno_environment(settings)})

    from prefect.client.orchestration import get_client

    check_flows(ready.sources)
    async with get_client() as client:
        if error := await client.api_healthcheck():
            raise SystemUnavailableError(f"no Prefect server answers at {api_url}: {error}")
        await ensure_pool(client, here=False)
        await register(ready.sources)
        for deployment in await registered(client, ready.sources):
            console.print(f"{deployment.name}: {api_url.removesuffix('/api')}/deployments/deployment/{deployment.id}")
    for line in ready.left_out:
        console.print(line, soft_wrap=True)
    return EXIT_DONE


def _api_url(settings: Settings) -> str:
    configured = os.environ.get("PREFECT_API_URL") or dotenv_values(project_root() / ".env").get("PREFECT_API_URL")
    if configured:
        return configured
    if (holder := holder_of(settings.home_path)) and holder.api_url:
        return holder.api_url
    raise ConfigurationError("no server to deploy to: set PREFECT_API_URL, or start the local stack with `make up`")
