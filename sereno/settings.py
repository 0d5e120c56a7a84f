"""Sereno's own settings, from `SERENO_*` environment variables or the project's `.env`."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from sereno.errors import ConfigurationError
from sereno.regular_files import read_regular

PROJECT_MARK = "prefect.yaml"
_ENV_FILE_AT_MOST_BYTES = 1024 * 1024


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
    reports_url: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s\"'<>()\[\]]+$",
        description="Where people reach the folder SERENO_HOME/reports; artifacts link there.",
    )
    actor: str | None = Field(default=None, description="Who is acting, for the audit trail; default is the login.")

    @field_validator("*")
    @classmethod
    def _is_text(cls, value: Path | str | None) -> Path | str | None:
        if "\0" in str(value):
            raise ValueError("cannot hold the character \\0")
        if isinstance(value, str) and any("\ud800" <= character <= "\udfff" for character in value):
            raise ValueError("is not UTF-8 text")  # in the environment; a path may have any bytes
        return value

    @cached_property
    def home_path(self) -> Path:
        """The absolute SERENO_HOME (not created here)."""
        return (project_root() / self.home).absolute()

    @cached_property
    def systems_path(self) -> Path:
        """The absolute folder of systems."""
        return (project_root() / self.systems_dir).absolute()


def load_settings() -> Settings:
    """The settings of this process, read anew at each call so that tests and flows see their own environment.

    Raises:
        ConfigurationError: `.env` is no file of UTF-8 text, or the value of a setting is wrong.
    """
    try:
        return Settings(_env_file=_env_file())
    except ValidationError as error:
        problem = error.errors(include_url=False, include_input=False)[0]  # a value may be a secret
        name = f"SERENO_{problem['loc'][0]}".upper()
        text = problem["msg"].removeprefix("Value error, ")
        raise ConfigurationError(f"the value of {name}, from the environment or .env, is wrong: {text}") from None


def _env_file() -> Path | None:
    """The project's `.env` once it is seen to be text; a folder of that name is somebody's virtual environment."""
    path = project_root() / ".env"
    if path.is_dir() or not path.exists():
        return None
    content = read_regular(path, at_most=_ENV_FILE_AT_MOST_BYTES)
    try:
        content.decode()
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{path}:{line}: is not UTF-8 text") from None
    return path
