"""The sections `restore`, `drill` and `services`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sereno.systems.part import Part
from sereno.systems.sections.fields import Command, FilePath, Name, SecretUrl

SCRATCH = "scratch"
"""The restore target that is a server of its own, gone when the run ends."""
ORIGINAL = "original"
"""The restore target that is the system's own database."""


def _not_reserved(name: str) -> str:
    if name in (SCRATCH, ORIGINAL):
        raise ValueError(f"{name!r} is a target of its own kind already; choose another name")
    return name


class RestoreTarget(Part):
    """A database that `restore` may fill. It has to be empty."""

    name: Annotated[Name, AfterValidator(_not_reserved)] = Field(examples=["staging"])
    """What operators call it: `target=staging`."""
    url: SecretUrl = Field(examples=["${POINT_STAGING_DATABASE_URL}"])
    """libpq URL of a role that owns the empty database."""
    volumes_folder: FilePath | None = Field(default=None, examples=["/srv/staging/volumes"])
    """The folder that gets a folder for each volume, by its name; it must exist. A relative one is taken from
    SERENO_HOME. Default: volumes are not restored to this target."""


class Restore(Part):
    """Where `restore` may go, besides the scratch database that it starts itself and the system's own."""

    targets: tuple[RestoreTarget, ...] = Field(
        default=(), examples=[[{"name": "staging", "url": "${POINT_STAGING_DATABASE_URL}"}]]
    )
    """Databases that may be filled, by name; `scratch` and `original` are always there."""
    admin_url: SecretUrl | None = Field(default=None, examples=["${POINT_ADMIN_DATABASE_URL}"])
    """libpq URL, of another database on the system's server such as `postgres`, of a role that may create and rename
    databases; a superuser where owners and grants are to be kept. Needed to restore the whole `original`."""
    approval_hours: int = Field(default=24, ge=1, le=720, examples=[24])
    """How long the approval that a dry run over the original asks for can be used."""
    connections: int = Field(default=2, ge=1, le=16, examples=[2])
    """How many connections load rows and build indexes at the same time."""


class Drill(Part):
    """How `restore_drill` proves a backup, besides the files `sql/drill.*.sql` and `sql/drill_newest_row.sql`."""

    server_url: SecretUrl | None = Field(default=None, examples=["${POINT_DRILL_SERVER_URL}"])
    """libpq URL of a server where drills may create a database and drop it. Default: a server started for the drill."""
    newest_row_hours: int = Field(default=24, ge=1, le=87_840, examples=[24])
    """How much older than its backup the newest row may be, as `sql/drill_newest_row.sql` gives it."""


class Services(Part):
    """What uses the system's database, and is stopped while a restore changes the original."""

    stop: tuple[Command, ...] = Field(default=(), examples=[[["systemctl", "stop", "point-api", "point-worker"]]])
    """Commands, each a program and its arguments, run one after the other; no shell reads them."""
    start: tuple[Command, ...] = Field(default=(), examples=[[["systemctl", "start", "point-worker", "point-api"]]])
    """Commands that undo the others; run once, also when the restore failed."""
    timeout_seconds: int = Field(default=120, ge=1, le=3_600, examples=[120])
    """How long one command may take before it is ended, and counts as failed."""
