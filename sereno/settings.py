"""Sereno's own settings, from `SERENO_*` environment variables or the project's `.env`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_MARK = "prefect.yaml"


def project_root() -> Path:
    """The nearest folder at or above the working directory that holds `prefect.yaml`, else Sereno's own checkout."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        if (folder / PROJECT_MARK).is_file() and (folder / "flows").is_dir():
            return folder
    checkout = Path(__file__).resolve().parent.parent
    return checkout if (checkout / PROJECT_MARK).is_file() else here


class Settings(BaseSettings):
    """Where things are. Relative paths are taken from the project's root."""

    model_config = SettingsConfigDict(env_prefix="SERENO_", frozen=True, extra="ignore", env_ignore_empty=True)

    home: Path = Field(default=Path(".sereno"), description="Ledger, locks, reports, scratch databases.")
    systems_dir: Path = Field(default=Path("deployments"), description="The folder that holds one folder per system.")
    ledger_url: str | None = Field(default=None, description="SQLAlchemy URL; default is SQLite in SERENO_HOME.")
    pg_bin: Path | None = Field(default=None, description="Folder with pg_dump, psql and pg_restore to prefer.")
    backup_retention_days: str | None = Field(
        default=None,
        validation_alias="BACKUP_RETENTION_DAYS",
        description="Overrides `backup.retention.within_days` of every system; read by retention, which checks it.",
    )
    actor: str | None = Field(default=None, description="Who is acting, for the audit trail; default is the login.")

    @cached_property
    def home_path(self) -> Path:
        """The absolute SERENO_HOME (not created here)."""
        return (project_root() / self.home).absolute()

    @cached_property
    def systems_path(self) -> Path:
        """The absolute folder of systems."""
        return (project_root() / self.systems_dir).absolute()


def load_settings() -> Settings:
    """The settings of this process, read anew at each call so that tests and flows see their own environment."""
    return Settings(_env_file=project_root() / ".env")
