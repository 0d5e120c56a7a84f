"""`prefect.yaml` read strictly, because Prefect drops a misspelt key without a word; variables in it are filled in."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from dotenv import dotenv_values
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from infra.local.variables import UnsetVariableError, with_variables
from sereno.errors import ConfigurationError
from sereno.settings import project_root
from sereno.systems.folders import shown
from sereno.systems.yaml_document import read_yaml

PREFECT_FILE = "prefect.yaml"


def _without_environment(variables: dict[str, Any]) -> dict[str, Any]:
    if "env" in variables:
        raise ValueError("env would be stored in clear on the server; set it where the worker starts")
    return variables


_UNITS = {"min": 60, "h": 3_600, "d": 86_400}


def _in_seconds(value: Any) -> Any:
    """`24 h` as seconds, which is all that Prefect knows."""
    found = re.fullmatch(r"(\d+) ?(min|h|d)", value) if isinstance(value, str) else None
    return int(found[1]) * _UNITS[found[2]] if found else value


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Schedule(_Part):
    """When a deployment runs."""

    cron: str | None = None
    interval: Annotated[int | float | None, BeforeValidator(_in_seconds)] = None
    """Seconds, or such as `30 min`, `24 h`, `7 d`."""
    rrule: str | None = None
    timezone: str
    slug: str | None = None
    active: bool = True
    parameters: dict[str, Any] = Field(default_factory=dict)


class ConcurrencyLimit(_Part):
    """How many runs of a deployment go on at once, and what happens to one more."""

    limit: int = Field(ge=1)
    collision_strategy: Literal["ENQUEUE", "CANCEL_NEW"]


class WorkPool(_Part):
    """Where a deployment's runs are carried out."""

    name: str
    work_queue_name: str | None = None
    job_variables: Annotated[dict[str, Any], AfterValidator(_without_environment)] = Field(default_factory=dict)


class JobParameters(BaseModel):
    """A job's parameters: at least the system it is for; the flow itself checks the others."""

    model_config = ConfigDict(frozen=True, extra="allow", strict=True)

    system: str


class Deployment(_Part):
    """A job for a system, with its schedules."""

    name: str = Field(min_length=1)
    description: str = Field(min_length=1)
    entrypoint: str = Field(pattern=r"^flows/[a-z_]+\.py:[a-z_]+$")
    parameters: JobParameters
    work_pool: WorkPool
    schedules: tuple[Schedule, ...] = Field(default=(), strict=False)
    concurrency_limit: ConcurrencyLimit | None = None
    tags: tuple[str, ...] = Field(default=(), strict=False)
    paused: bool = False

    @property
    def system(self) -> str:
        """The system it is for."""
        return self.parameters.system

    @property
    def scheduled(self) -> bool:
        """Whether it runs by itself."""
        return bool(self.scheduled_parameters)

    @property
    def scheduled_parameters(self) -> tuple[dict[str, Any], ...]:
        """The parameters of the runs that each active schedule makes."""
        return tuple(self.parameters_of(each) for each in self.schedules if each.active and not self.paused)

    def parameters_of(self, schedule: Schedule) -> dict[str, Any]:
        """The parameters of the runs that `schedule` makes: its own above those of the deployment."""
        return {**self.parameters.model_dump(), **schedule.parameters}


class PrefectFile(_Part):
    """The deployments of one file."""

    name: str | None = None
    definitions: Any = None
    """A place for YAML anchors; Prefect does not look at it."""
    deployments: tuple[Deployment, ...] = Field(min_length=1, strict=False)


def read_prefect_file(path: Path) -> PrefectFile:
    """The deployments in `path`, with the variables of the environment and of `.env` filled in.

    Raises:
        ConfigurationError: the file is missing or no YAML, or holds a key that is unknown or stands twice, or a value
            of the wrong kind; one line per problem.
    """
    text = _text(path)
    problems = [problem.shown_in(shown(path)) for problem in read_yaml(text, file=shown(path)).problems]
    try:
        file = PrefectFile.model_validate(yaml.safe_load(_filled(text)))
    except ValidationError as error:
        problems += [
            f"{shown(path)}: {'.'.join(map(str, detail['loc']))}: {detail['msg']}" for detail in error.errors()
        ]
    except UnsetVariableError as error:
        problems.append(f"{shown(path)}: {error}")
    if problems:
        raise ConfigurationError("\n".join(problems))
    return file


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{shown(path)} cannot be read: {error}") from None


def _filled(text: str) -> str:
    in_file = {name: value for name, value in dotenv_values(project_root() / ".env").items() if value}
    return with_variables(text, {**in_file, **os.environ})
