"""The folder of a system as strict models: unknown keys are errors, every field says what it is."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from sereno.systems.part import Part as Part
from sereno.systems.retention import Hold as Hold
from sereno.systems.retention import Retention as Retention
from sereno.systems.secrets import Secret

NAME_PATTERN = r"^[a-z][a-z0-9_-]{0,62}$"
NO_ALTERNATIVE = "no_alternative"
"""The type of pydantic's complaint about a section that fits none of the forms it may have."""

Name = Annotated[str, Field(pattern=NAME_PATTERN)]


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


Timezone = Annotated[str, AfterValidator(_known_timezone)]
SecretText = Annotated[Secret, AfterValidator(_referenced)]
SecretUrl = Annotated[Secret, AfterValidator(_without_password)]


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


class S3Store(Part):
    """A store that is a bucket of Amazon S3, or of a server that speaks its protocol."""

    name: Name = Field(examples=["offsite"])
    """What the store is called in reports."""
    bucket: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$", examples=["point-backups"])
    """The bucket; it must exist."""
    prefix: str = Field(
        default="",
        pattern=r"^([A-Za-z0-9_][A-Za-z0-9._=-]*(/[A-Za-z0-9_][A-Za-z0-9._=-]*)*)?$",
        max_length=200,
        examples=["sereno", "company/backups"],
    )
    """What the names of all objects begin with, without a slash at either end. Default: nothing."""
    endpoint_url: str | None = Field(
        default=None, pattern=r"^https?://[^\s/@?#]+/?$", examples=["https://s3.example.com", "http://127.0.0.1:8333"]
    )
    """Where the server listens. Default: Amazon's endpoint of the region."""
    region: str | None = Field(default=None, pattern=r"^[A-Za-z0-9-]{1,64}$", examples=["eu-west-1"])
    """The bucket's region. Default: what boto3 finds in its environment and files."""
    access_key_id: SecretText | None = Field(default=None, examples=["${POINT_S3_ACCESS_KEY_ID}"])
    """The key's name. Default, together with `secret_access_key`: what boto3 finds, such as the machine's own role."""
    secret_access_key: SecretText | None = Field(default=None, examples=["${POINT_S3_SECRET_ACCESS_KEY}"])
    """The key's secret."""
    storage_class: Literal["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"] | None = Field(
        default=None, examples=["STANDARD_IA"]
    )
    """What kind of storage objects get; one whose objects can be read at once. Default: the bucket's."""
    server_side_encryption: Literal["AES256", "aws:kms"] | None = Field(default=None, examples=["aws:kms"])
    """How the server encrypts what Sereno has encrypted already. Default: the bucket's own setting."""
    kms_key_id: str | None = Field(
        default=None, min_length=1, max_length=2048, examples=["arn:aws:kms:eu-west-1:111122223333:key/point-backups"]
    )
    """The key for `aws:kms`. Default: the account's own."""
    checksums: Literal["when_supported", "when_required"] = Field(default="when_supported", examples=["when_required"])
    """How the server checks what arrives: by SHA-256, or, with `when_required`, by the MD5 that old servers know."""
    ca_bundle: Path | None = Field(default=None, examples=["/etc/ssl/certs/company-ca.pem"])
    """The file of the authorities that may sign the server's certificate. A relative one is taken from SERENO_HOME."""
    part_size_mebibytes: int = Field(default=8, ge=5, le=512, examples=[8])
    """How much of an object is held in memory and sent at once. An object has at most 10,000 parts: 78 GiB with 8."""

    @model_validator(mode="after")
    def _is_consistent(self) -> S3Store:
        if (self.access_key_id is None) != (self.secret_access_key is None):
            raise ValueError("access_key_id and secret_access_key belong together; give both or neither")
        if self.kms_key_id and self.server_side_encryption != "aws:kms":
            raise ValueError("kms_key_id belongs to server_side_encryption: aws:kms")
        return self


def _kind_of_store(store: Any) -> str | None:
    if isinstance(store, Part):
        return type(store).__name__
    kinds = [kind for key, kind in _KIND_BY_KEY.items() if isinstance(store, dict) and key in store]
    return kinds[0] if len(kinds) == 1 else None


_KIND_BY_KEY = {"folder": FolderStore.__name__, "bucket": S3Store.__name__}

StoreSection = Annotated[
    Annotated[FolderStore, Tag(FolderStore.__name__)] | Annotated[S3Store, Tag(S3Store.__name__)],
    Discriminator(
        _kind_of_store,
        custom_error_type=NO_ALTERNATIVE,
        custom_error_message="expected a section with name and either folder (on this machine) or bucket (S3)",
    ),
]


def _named_apart(stores: tuple[FolderStore | S3Store, ...]) -> tuple[FolderStore | S3Store, ...]:
    names = [store.name for store in stores]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two stores are called {name!r}; each needs a name of its own")
    return stores


class Backup(Part):
    """What the jobs `backup`, `prune` and `restore` need."""

    stores: Annotated[tuple[StoreSection, ...], AfterValidator(_named_apart)] = Field(
        min_length=1,
        max_length=8,
        examples=[
            [{"name": "local", "folder": "/srv/backups"}],
            [{"name": "local", "folder": "/srv/backups"}, {"name": "offsite", "bucket": "point-backups"}],
        ],
    )
    """Where backups go: folders and S3 buckets."""
    passphrase: SecretText = Field(examples=["${POINT_BACKUP_PASSPHRASE}"])
    """The passphrase that opens the backups' data keys. Losing it loses the backups."""
    critical_tables: tuple[str, ...] = Field(default=(), examples=[["public.users", "public.subscriptions"]])
    """What a backup of kind `critical` takes; a partitioned table stands for its partitions."""
    connections: int = Field(default=2, ge=1, le=16, examples=[2])
    """How many connections copy rows at the same time."""
    recovery_point_hours: int = Field(default=26, ge=1, le=8_784, examples=[26])
    """How old the newest full backup or increment may be before `verify_backups` and `restore_drill` fail."""
    critical_recovery_point_hours: int | None = Field(default=None, ge=1, le=8_784, examples=[7])
    """The same for the critical tables, whichever kind of backup holds them. Default: not looked at."""
    retention: Retention = Retention()
    """Which backups the job `prune` keeps, in every store."""


class RestoreTarget(Part):
    """A database that `restore` may fill. It has to be empty."""

    name: Name = Field(examples=["staging"])
    """What operators call it: `target=staging`."""
    url: SecretUrl = Field(examples=["${POINT_STAGING_DATABASE_URL}"])
    """libpq URL of a role that owns the empty database."""


class Restore(Part):
    """Where `restore` may go, besides the scratch database that it starts itself."""

    targets: tuple[RestoreTarget, ...] = Field(
        default=(), examples=[[{"name": "staging", "url": "${POINT_STAGING_DATABASE_URL}"}]]
    )
    """Databases that may be filled, by name; `scratch` is always there."""
    connections: int = Field(default=2, ge=1, le=16, examples=[2])
    """How many connections load rows and build indexes at the same time."""


class Drill(Part):
    """How `restore_drill` proves a backup, besides the files `sql/drill.*.sql` and `sql/drill_newest_row.sql`."""

    server_url: SecretUrl | None = Field(default=None, examples=["${POINT_DRILL_SERVER_URL}"])
    """libpq URL of a server where drills may create a database and drop it. Default: a server started for the drill."""
    newest_row_hours: int = Field(default=24, ge=1, le=87_840, examples=[24])
    """How much older than its backup the newest row may be, as `sql/drill_newest_row.sql` gives it."""


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
    drill: Drill = Drill()
    """How restores are rehearsed. Offered where there are backups."""

    @property
    def zone(self) -> ZoneInfo:
        """`timezone` as an object."""
        return ZoneInfo(self.timezone)
