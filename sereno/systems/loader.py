"""Reading the folder of a system into a `System`, with every mistake named by file, line and key."""

from __future__ import annotations

import json
from pathlib import Path

from pydantic import ValidationError

from sereno.errors import ConfigurationError
from sereno.settings import Settings, load_settings
from sereno.systems.folders import (
    SYSTEM_FILE,
    is_name,
    read_text,
    shown,
    system_folder,
    system_names,
)
from sereno.systems.model import System
from sereno.systems.problems import problems_of
from sereno.systems.yaml_document import LARGEST_BYTES, Document, Problem, read_yaml

__all__ = ["load_system", "system_names"]

_MOST_SHOWN = 50  # problems of one file


def load_system(name: str, settings: Settings | None = None) -> System:
    """The system called `name`, read from `<SERENO_SYSTEMS_DIR>/<name>/system.yaml`.

    Raises:
        ConfigurationError: there is no such system, or its file is wrong; one line per problem, each with file,
            line, key and what was expected, never the value of something that might be a secret.
    """
    settings = settings or load_settings()
    return _read(system_folder(name, settings), settings)


def _read(folder: Path, settings: Settings) -> System:
    path = folder / SYSTEM_FILE
    document = read_yaml(read_text(path, folder=folder, largest_bytes=LARGEST_BYTES), file=shown(path))
    problems = list(document.problems)
    system: System | None = None
    if isinstance(document.data, dict):
        try:
            # as JSON, because strict validation takes lists for tuples and text for paths only there
            system = System.model_validate_json(json.dumps(document.data), strict=True)
        except ValidationError as error:
            problems += problems_of(error, document)
        problems += _misnamed(document, folder, settings)
    else:
        problems.append(Problem(1, "", "expected keys such as name, title and database, found a list or a word"))
    if problems or system is None:
        raise ConfigurationError(_listed(problems, shown(path)))
    return system


def _misnamed(document: Document, folder: Path, settings: Settings) -> list[Problem]:
    name = document.data.get("name") if isinstance(document.data, dict) else None
    if not isinstance(name, str) or not is_name(name) or name == folder.name:
        return []
    other = settings.systems_path / name
    twice = f"; {shown(other)} has the same name" if (other / SYSTEM_FILE).exists() else ""
    return [
        Problem(
            document.line(("name",)),
            "name",
            f"expected {folder.name!r} as its folder {shown(folder)}, found {name!r}{twice}",
        )
    ]


def _listed(problems: list[Problem], file: str) -> str:
    problems = sorted(set(problems), key=lambda problem: (problem.line, problem.key))
    lines = [problem.shown_in(file) for problem in problems[:_MOST_SHOWN]]
    if len(problems) > _MOST_SHOWN:
        lines.append(f"{file}: and {len(problems) - _MOST_SHOWN:,} problems more")
    return "\n".join(lines)
