"""Reading a system's data_map.yaml, with every mistake named by file, line and key."""

from __future__ import annotations

import json
from functools import cache

from pydantic import ValidationError

from sereno.compliance.datamap.model import DataMap
from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.folders import read_text, shown, system_folder
from sereno.systems.problems import problems_of
from sereno.systems.schema import JsonSchema, as_text, schema_of
from sereno.systems.yaml_document import LARGEST_BYTES, Problem, read_yaml

DATA_MAP_FILE = "data_map.yaml"
_MOST_SHOWN = 50


@cache
def data_map_schema() -> JsonSchema:
    """The JSON Schema of one data_map.yaml, with a description and examples at every key."""
    return schema_of(DataMap, title="The personal data that a system under Sereno's care holds")


def data_map_schema_text() -> str:
    """`data_map_schema()` as it is checked in and as `sereno schema datamap` prints it."""
    return as_text(data_map_schema())


def has_data_map(system: str, settings: Settings | None = None) -> bool:
    """Whether the system has a data_map.yaml.

    Raises:
        ConfigurationError: there is no such system.
    """
    path = system_folder(system, settings) / DATA_MAP_FILE
    return path.exists() or path.is_symlink()


def read_data_map(system: str, settings: Settings | None = None) -> DataMap | None:
    """The data map of the system called `system`; None when it has none.

    Raises:
        ConfigurationError: there is no such system, or the file is wrong; one line per problem.
    """
    if not has_data_map(system, settings):
        return None
    folder = system_folder(system, settings)
    path = folder / DATA_MAP_FILE
    return parsed(read_text(path, folder=folder, largest_bytes=LARGEST_BYTES), where=shown(path))


def parsed(text: str, *, where: str) -> DataMap:
    """The map that `text` holds; `where` is the file as messages show it.

    Raises:
        ConfigurationError: it is wrong; one line per problem.
    """
    document = read_yaml(text, file=where)
    problems = list(document.problems)
    found: DataMap | None = None
    if not isinstance(document.data, dict):
        problems.append(Problem(1, "", "expected the keys activities and tables, found a list or a word"))
    else:
        try:
            found = DataMap.model_validate_json(json.dumps(document.data), strict=True)
        except ValidationError as error:
            problems += problems_of(error, document, data_map_schema())
    if problems or found is None:
        ordered = sorted(set(problems), key=lambda problem: (problem.line, problem.key))
        more = f"\n{where}: and {len(ordered) - _MOST_SHOWN:,} problems more" if len(ordered) > _MOST_SHOWN else ""
        raise ConfigurationError("\n".join(each.shown_in(where) for each in ordered[:_MOST_SHOWN]) + more)
    return found
