"""The section `database`."""

from __future__ import annotations

from pydantic import Field

from sereno.systems.part import Part
from sereno.systems.secrets import Secret
from sereno.systems.sections.fields import SecretUrl


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
