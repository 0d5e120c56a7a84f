"""Registering the deployments of the prefect.yaml files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from httpx import HTTPError

from infra.local.prefect_file import PREFECT_FILE, Deployment, Schedule, read_prefect_file
from infra.local.runbook import with_runbook
from sereno.errors import ConfigurationError, SerenoError
from sereno.settings import Settings, project_root
from sereno.systems.folders import shown

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Schedule as PrefectSchedule


@dataclass(frozen=True)
class Source:
    """A prefect.yaml and what it deploys."""

    path: Path
    deployments: tuple[Deployment, ...]


def sources(settings: Settings, system: str | None = None) -> tuple[Source, ...]:
    """The prefect.yaml files that deploy `system`, or all of them: the project's own, then one per system.

    Raises:
        ConfigurationError: a file is wrong, a name is used twice, or `system` has no deployment.
    """
    paths = (project_root() / PREFECT_FILE, *sorted(settings.systems_path.glob(f"*/{PREFECT_FILE}")))
    found = [Source(path, read_prefect_file(path).deployments) for path in paths if path.is_file()]
    seen: dict[str, Path] = {}
    for source in found:
        for deployment in source.deployments:
            if deployment.name in seen:
                other = shown(seen[deployment.name])
                raise ConfigurationError(f"{shown(source.path)}: the name {deployment.name} is taken in {other}")
            seen[deployment.name] = source.path
    if system is None:
        return tuple(found)
    chosen = [
        Source(source.path, mine)
        for source in found
        if (mine := tuple(one for one in source.deployments if one.system == system))
    ]
    if not chosen:
        raise ConfigurationError(f"no {PREFECT_FILE} has a deployment with `system: {system}`")
    return tuple(chosen)


def check_flows(chosen: Sequence[Source]) -> None:
    """Load each deployment's flow and try its parameters. Prefect would deploy a file that does not even import.

    Raises:
        ConfigurationError: one does not load, or does not take its parameters.
    """
    from prefect.exceptions import MissingFlowError, ParameterTypeError, ScriptError, SignatureMismatchError

    for source in chosen:
        for deployment in source.deployments:
            where = f"{shown(source.path)}: {deployment.name}"
            try:
                flow = _flow(deployment.entrypoint)
                flow.validate_parameters(deployment.parameters.model_dump())
                for schedule in deployment.schedules:
                    flow.validate_parameters(deployment.parameters_of(schedule))
            except (ScriptError, MissingFlowError, FileNotFoundError) as error:
                raise ConfigurationError(f"{where}: {deployment.entrypoint} does not load: {error}") from None
            except (ParameterTypeError, SignatureMismatchError) as error:
                raise ConfigurationError(f"{where}: {error}") from None


@cache
def _flow(entrypoint: str) -> Flow[..., Any]:
    from prefect.flows import load_flow_from_entrypoint

    return load_flow_from_entrypoint(entrypoint, use_placeholder_flow=False)


async def register(chosen: Sequence[Source]) -> None:
    """Create or update the deployments on the server that `PREFECT_API_URL` names, each described by its runbook.

    It is what `prefect deploy` does, without another process that imports all of Prefect.

    Raises:
        SerenoError: Prefect refused one.
    """
    from prefect.deployments.runner import DeploymentApplyError
    from prefect.exceptions import ObjectNotFound

    for source in chosen:
        for wanted in source.deployments:
            try:
                await (await _as_prefect_has_it(wanted)).aapply()
            except (DeploymentApplyError, ObjectNotFound, HTTPError, ValueError) as error:
                raise SerenoError(f"{shown(source.path)}: {wanted.name} could not be deployed: {error}") from None


async def _as_prefect_has_it(wanted: Deployment) -> RunnerDeployment:
    """Prefect shows a flow's docstring only where a deployment has no description of its own; operators need both."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig
    from prefect.deployments.runner import RunnerDeployment
    from prefect.runner.storage import LocalStorage

    limit = wanted.concurrency_limit
    return await RunnerDeployment.afrom_storage(
        LocalStorage(str(project_root())),
        wanted.entrypoint,
        wanted.name,
        schedules=[_as_prefect_plans_it(each) for each in wanted.schedules],
        paused=wanted.paused,
        concurrency_limit=ConcurrencyLimitConfig.model_validate(limit.model_dump()) if limit else None,
        parameters=wanted.parameters.model_dump(),
        description=with_runbook(wanted.description, _flow(wanted.entrypoint).description or ""),
        tags=list(wanted.tags),
        work_pool_name=wanted.work_pool.name,
        work_queue_name=wanted.work_pool.work_queue_name,
        job_variables=wanted.work_pool.job_variables,
    )


def _as_prefect_plans_it(wanted: Schedule) -> PrefectSchedule:
    from prefect.schedules import Schedule as PrefectSchedule

    return PrefectSchedule(
        cron=wanted.cron,
        interval=None if wanted.interval is None else timedelta(seconds=wanted.interval),
        rrule=wanted.rrule,
        timezone=wanted.timezone,
        active=wanted.active,
        parameters=wanted.parameters,
        slug=wanted.slug,
    )


async def registered(client: PrefectClient, chosen: Sequence[Source]) -> tuple[DeploymentResponse, ...]:
    """The deployments as the server knows them, in the files' order.

    Raises:
        SerenoError: one is not there.
    """
    from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterName

    names = [deployment.name for source in chosen for deployment in source.deployments]
    found = await client.read_deployments(deployment_filter=DeploymentFilter(name=DeploymentFilterName(any_=names)))
    by_name = {deployment.name: deployment for deployment in found}
    if missing := [name for name in names if name not in by_name]:
        raise SerenoError(f"the server did not keep these deployments: {', '.join(missing)}")
    return tuple(by_name[name] for name in names)
