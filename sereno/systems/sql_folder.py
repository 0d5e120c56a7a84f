"""The `sql/` folder of a system: which files it holds, and the one that a job asks for."""

from __future__ import annotations

from pathlib import Path

from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.folders import shown, system_folder
from sereno.systems.sql_file import SqlFile

SQL_FOLDER = "sql"


def sql_paths(name: str, settings: Settings | None = None) -> tuple[Path, ...]:
    """Everything that lies in the `sql/` folder of the system called `name`, sorted; empty without such a folder.

    Raises:
        ConfigurationError: there is no such system, or the folder cannot be listed.
    """
    folder = system_folder(name, settings) / SQL_FOLDER
    if not folder.is_dir():
        return ()
    try:
        return tuple(sorted(path for path in folder.iterdir() if not path.name.startswith(".")))
    except OSError as error:
        raise ConfigurationError(f"the folder {shown(folder)} cannot be listed: {error.strerror}") from None


def find_sql(name: str, stem: str, settings: Settings | None = None) -> SqlFile | None:
    """The file `sql/<stem>.sql` of the system called `name`; None when it has none.

    Raises:
        ConfigurationError: there is no such system, or the file cannot be read.
    """
    folder = system_folder(name, settings)
    path = folder / SQL_FOLDER / f"{stem}.sql"
    return SqlFile.read(path, folder=folder) if path.exists() or path.is_symlink() else None
