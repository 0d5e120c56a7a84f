"""What the API has to know and nobody else."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Secrets:
    """The secrets of the API, none of which shows when it is printed."""

    database_url: str = field(repr=False)
    admin_password: str = field(repr=False)


def read_secrets(folder: Path) -> Secrets:
    """The secrets in the files `database_url` and `admin_password` of `folder`."""
    return Secrets(
        database_url=(folder / "database_url").read_text().strip(),
        admin_password=(folder / "admin_password").read_text().strip(),
    )
