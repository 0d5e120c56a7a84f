"""Registering the deployments of the prefect.yaml files."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from infra.local.prefect_file import PREFECT_FILE, Deployment, for_prefect, read_prefect_file
from infra.local.runbook import with_runbook
from sereno.errors import ConfigurationError, SerenoError
from sereno.settings import Settings, project_root
from sereno.systems.folders import shown

if TYPE_CHECKING:
    from prefect import Flow
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.responses import DeploymentResponse

_SHOWN_LINES = 15


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
    from prefect.flows import load_flow_from_entrypoint

    for source in chosen:
        for deployment in source.deployments:
            where = f"{shown(source.path)}: {deployment.name}"
            try:
                flow: Flow[..., Any] = load_flow_from_entrypoint(deployment.entrypoint, use_placeholder_flow=False)
                flow.validate_parameters(deployment.parameters.model_dump())
                for schedule in deployment.schedules:
                    flow.validate_parameters(deployment.parameters_of(schedule))
            except (ScriptError, MissingFlowError, FileNotFoundError) as error:
                raise ConfigurationError(f"{where}: {deployment.entrypoint} does not load: {error}") from None
            except (ParameterTypeError, SignatureMismatchError) as error:
                raise ConfigurationError(f"{where}: {error}") from None


async def register(chosen: Sequence[Source]) -> None:
    """Create or update the deployments on the server that `PREFECT_API_URL` names, each described by its runbook.

    Raises:
        SerenoError: Prefect refused one; with its last words.
    """
    for source in chosen:
        with _as_prefect_reads_it(source) as path:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--prefect-file", str(path), "--all"),
                cwd=project_root(),
                env={**os.environ, "COLUMNS": "200"},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await process.communicate()
        if process.returncode:
            words = "\n".join(f"    {line}" for line in output.decode(errors="replace").splitlines()[-_SHOWN_LINES:])
            raise SerenoError(f"{shown(source.path)} could not be deployed:\n{words}")


@contextmanager
def _as_prefect_reads_it(source: Source) -> Iterator[Path]:
    """What of the file is deployed, with its variables filled in and the runbooks in the descriptions.

    Prefect shows a flow's docstring only where a deployment has no description of its own; operators need both.
    """
    from prefect.flows import load_flow_from_entrypoint

    descriptions = {}
    for deployment in source.deployments:
        flow: Flow[..., Any] = load_flow_from_entrypoint(deployment.entrypoint)
        descriptions[deployment.name] = with_runbook(deployment.description, flow.description or "")
    with TemporaryDirectory(prefix="sereno-deploy-") as folder:
        filled = Path(folder) / PREFECT_FILE
        filled.write_text(for_prefect(source.path, descriptions=descriptions), encoding="utf-8")
        yield filled


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
