"""The folder of a system, for tests that go through the loader or read its SQL files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from integration.databases import PASSPHRASE
from sereno.systems.loader import load_system
from sereno.systems.model import System


def written(system: System, systems: Path, *, sql: dict[str, str] | None = None, **sections: Any) -> System:
    """`system` with some sections replaced, as its folder below `systems` (SERENO_SYSTEMS_DIR) describes it.

    Args:
        system: what to write.
        systems: the folder of systems.
        sql: the texts of its SQL files, by stem.
        sections: such as `drill={"newest_row_hours": 2}`; they are put over what the system has.
    """
    folder = systems / system.name
    (folder / "sql").mkdir(parents=True, exist_ok=True)
    given = system.model_dump(mode="json", exclude_none=True)
    for name, section in sections.items():
        given[name] = {**given.get(name, {}), **section}
    (folder / "system.yaml").write_text(yaml.safe_dump(given))
    for stem, text in (sql or {}).items():
        (folder / "sql" / f"{stem}.sql").write_text(text)
    return load_system(system.name)


def own_home(folder: Path, environment: pytest.MonkeyPatch) -> Path:
    """Make `folder` the SERENO_HOME of a test, with a store for backups and a passphrase; the folder of its systems."""
    environment.setenv("SERENO_HOME", str(folder))
    environment.setenv("SERENO_SYSTEMS_DIR", str(folder / "deployments"))
    environment.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (folder / "backups").mkdir()
    return folder / "deployments"
