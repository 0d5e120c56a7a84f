"""The section `migrations`."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from sereno.systems.part import Part
from sereno.systems.sections.fields import Command, FilePath, SecretUrl


def _one_group(pattern: str) -> str:
    try:
        groups = re.compile(pattern).groups
    except re.error as error:
        raise ValueError(f"is no regular expression: {error}") from None
    if groups != 1:
        raise ValueError(f"expected a regular expression with one group, found {groups} groups")
    return pattern


def _says_where_to(command: tuple[str, ...]) -> tuple[str, ...]:
    text = " ".join(command)
    if "{version}" not in text and not ("{app}" in text and "{name}" in text):
        raise ValueError("expected {version}, or {app} and {name}, in a command that says where to go back to")
    return command


class MigrationVariable(Part):
    """A variable in the environment of the commands."""

    name: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", examples=["DATABASE_URL"])
    """Its name."""
    value: SecretUrl = Field(examples=["${EXITUS_OWNER_DATABASE_URL}", "app:create_app"])
    """Its value, or a reference to it."""


class Migrations(Part):
    """The job `migrate`, besides `sql/migrations.version.sql`. `{python}` is the interpreter that runs Sereno."""

    pending: Command = Field(examples=[["podman", "exec", "exitus-backend", "flask", "db", "history"]])
    """Lists what is pending, and changes nothing: it is part of a dry run. No shell reads it."""
    pending_line: Annotated[str, AfterValidator(_one_group)] = Field(
        default=r"^\s*(\S.*?)\s*$", max_length=300, examples=[r"^\[ \]\s+(\S+)"]
    )
    """Which of its lines are pending migrations; the group is what a migration is called."""
    upgrade: Command = Field(examples=[["podman", "exec", "exitus-backend", "flask", "db", "upgrade"]])
    """Applies all that is pending."""
    downgrade: Annotated[Command, AfterValidator(_says_where_to)] | None = Field(
        default=None, examples=[["podman", "exec", "exitus-backend", "flask", "db", "downgrade", "{version}"]]
    )
    """Goes back to `{version}`; or `{app}` and `{name}`, the parts of a version such as `core.0031_auditlog`. Left out,
    the way back is to restore the backup that is taken before."""
    folder: FilePath | None = Field(default=None, examples=["/srv/exitus/backend"])
    """Where the commands are run."""
    environment: tuple[MigrationVariable, ...] = Field(
        default=(), max_length=32, examples=[[{"name": "DATABASE_URL", "value": "${EXITUS_OWNER_DATABASE_URL}"}]]
    )
    """Variables for the commands, besides the worker's own."""
    timeout_seconds: int = Field(default=3_600, ge=1, le=86_400, examples=[3600])
    """How long one command may take before it is ended, and counts as failed."""
    approval_hours: int = Field(default=24, ge=1, le=720, examples=[24])
    """How long the approval that a dry run of a downgrade asks for can be used."""
