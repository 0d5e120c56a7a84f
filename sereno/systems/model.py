"""The folder of a system as strict models: unknown keys are errors, every field says what it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from sereno.systems.secrets import Secret

NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"

Name = Annotated[str, Field(pattern=NAME_PATTERN)]

SCRATCH = "scratch"
"""The restore target that is a server of its own, gone when the run ends."""
ORIGINAL = "original"
"""The restore target that is the system's own database."""


@cache
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_timezone(name: str) -> str:
    if name not in _timezones():
        raise ValueError(f"{name!r} is no time zone of the IANA database, such as Europe/Lisbon")
    return name


def _referenced(secret: Secret) -> Secret:
    if not secret.references:
        raise ValueError("a secret stands in a file as a reference only: ${NAME} or ${file:PATH}")
    return secret


def _without_password(secret: Secret) -> Secret:
    if secret.holds_password:
        raise ValueError("a password belongs outside the file: write ${NAME} or ${file:PATH} in its place")
    return secret


def _not_reserved(name: str) -> str:
    if name in (SCRATCH, ORIGINAL):
        raise ValueError(f"{name!r} is a target of its own kind already; choose another name")
    return name


Timezone = Annotated[str, AfterValidator(_known_timezone)]
SecretText = Annotated[Secret, AfterValidator(_referenced)]
SecretUrl = Annotated[Secret, AfterValidator(_without_password)]


class Part(BaseModel):
    """What every section has in common."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Database(Part):
    """How the system's PostgreSQL is reached."""

    url: SecretUrl = Field(examples=["${POINT_DATABASE_URL}", "${file:/run/secrets/point_database_url}"])
    """libpq URL of the role that live work uses."""
    read_url: SecretUrl | None = Field(default=None, examples=["${POINT_DATABASE_READ_URL}"])
    """libpq URL of a role that can only read; used by everything that changes nothing. Default: `url`."""
    statement_timeout_seconds: int = Field(default=300, ge=1, le=86_400, examples=[300])
    """How long one query of a job may take. Bulk copies of backups are not bound by it."""
    lock_timeout_seconds: int = Field(default=30, ge=1, le=3_600, examples=[30])
    """How long a job waits for a lock before it gives up and is retried."""

    @property
    def reading_url(self) -> Secret:
        """The URL for work that changes nothing."""
        return self.read_url or self.url


class FolderStore(Part):
    """A store that is a folder on this machine."""

    name: Name = Field(examples=["local"])
    """What the store is called in reports."""
    folder: Path = Field(examples=["/srv/backups", "backups"])
    """The folder; it must exist. A relative one is taken from SERENO_HOME."""


class Backup(Part):
    """What the jobs `backup` and `restore` need."""

    stores: tuple[FolderStore, ...] = Field(
        min_length=1, max_length=1, examples=[[{"name": "local", "folder": "/srv/backups"}]]
    )
    """Where backups go."""
    passphrase: SecretText = Field(examples=["${POINT_BACKUP_PASSPHRASE}"])
    """The passphrase that opens the backups' data keys. Losing it loses the backups."""
    critical_tables: tuple[str, ...] = Field(default=(), examples=[["public.users", "public.subscriptions"]])
    """What a backup of kind `critical` takes; a partitioned table stands for its partitions."""
    connections: int = Field(default=2, ge=1, le=16, examples=[2])
    """How many connections copy rows at the same time."""


class RestoreTarget(Part):
    """A database that `restore` may fill. It has to be empty."""

    name: Annotated[Name, AfterValidator(_not_reserved)] = Field(examples=["staging"])
    """What operators call it: `target=staging`."""
    url: SecretUrl = Field(examples=["${POINT_STAGING_DATABASE_URL}"])
    """libpq URL of a role that owns the empty database."""


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


Command = Annotated[tuple[str, ...], Field(min_length=1)]


class Services(Part):
    """What uses the system's database, and is stopped while a restore changes the original."""

    stop: tuple[Command, ...] = Field(default=(), examples=[[["systemctl", "stop", "point-api", "point-worker"]]])
    """Commands, each a program and its arguments, run one after the other; no shell reads them."""
    start: tuple[Command, ...] = Field(default=(), examples=[[["systemctl", "start", "point-worker", "point-api"]]])
    """Commands that undo the others; run once, also when the restore failed."""
    timeout_seconds: int = Field(default=120, ge=1, le=3_600, examples=[120])
    """How long one command may take before it is ended, and counts as failed."""


class System(Part):
    """A product under care, as its folder's `system.yaml` describes it."""

    name: Name = Field(examples=["point"])
    """The system's name; the same as its folder's."""
    title: str = Field(min_length=1, max_length=200, examples=["Point integrations"])
    """What people call it."""
    timezone: Timezone = Field(examples=["Europe/Lisbon"])
    """The zone in which the system's days begin; IANA name."""
    database: Database
    """How its PostgreSQL is reached."""
    backup: Backup | None = None
    """Where backups go and what opens them. Leave out where Sereno takes no backups of this system."""
    restore: Restore = Restore()
    """Where backups may be restored to. Offered where there are backups."""
    services: Services = Services()
    """What is stopped and started around a restore over the original."""

    @property
    def zone(self) -> ZoneInfo:
        """`timezone` as an object."""
        return ZoneInfo(self.timezone)
