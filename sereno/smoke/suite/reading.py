"""Reading a system's smoke.yaml, with every mistake named by file, line, key, and in an expression by column."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from pydantic import ValidationError

from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.smoke.suite.file import SmokeFile
from sereno.smoke.suite.references import problems_between
from sereno.systems.folders import read_text, shown, system_folder
from sereno.systems.yaml_document import Document, KeyPath, Problem, dotted, read_yaml

SMOKE_FILE = "smoke.yaml"
LARGEST_BYTES = 512 * 1024
_MOST_SHOWN = 50


@dataclass(frozen=True)
class Suites:
    """The suites of a system, and where each check stands."""

    system: str
    where: str
    """The file as messages show it, such as `deployments/point/smoke.yaml`."""
    file: SmokeFile
    lines: dict[KeyPath, int] = field(default_factory=dict)

    def line(self, suite: str, check: int) -> int:
        """The line at which a check begins."""
        return self.lines.get(("suites", suite, "checks", check), 1)


def has_suites(system: str, settings: Settings | None = None) -> bool:
    """Whether the system has a smoke.yaml.

    Raises:
        ConfigurationError: there is no such system.
    """
    path = system_folder(system, settings) / SMOKE_FILE
    return path.exists() or path.is_symlink()


def read_suites(system: str, settings: Settings | None = None) -> Suites:
    """The suites of the system called `system`.

    Raises:
        ConfigurationError: there is no such system, it has no suites, or they are wrong; one entry per problem.
    """
    folder = system_folder(system, settings)
    path = folder / SMOKE_FILE
    where = shown(path)
    if not has_suites(system, settings):
        raise ConfigurationError(f"{system} has no smoke suites: {where} does not exist")
    document = read_yaml(read_text(path, folder=folder, largest_bytes=LARGEST_BYTES), file=where)
    file = read_document(document, where=where)
    return Suites(system=system, where=where, file=file, lines=document.lines)


def read_document(document: Document, *, where: str) -> SmokeFile:
    """The suites that `document` holds.

    Raises:
        ConfigurationError: they are wrong; one entry per problem.
    """
    problems = list(document.problems)
    file: SmokeFile | None = None
    if not isinstance(document.data, dict):
        problems.append(Problem(1, "", "expected keys such as base_url and suites, found a list or a word"))
    else:
        try:
            file = SmokeFile.model_validate_json(json.dumps(document.data), strict=True)
        except ValidationError as error:
            from sereno.smoke.suite.schema import smoke_schema
            from sereno.systems.problems import problems_of

            problems += problems_of(error, document, smoke_schema())
    if file is not None:
        problems += [Problem(document.line(path), dotted(path), text) for path, text in problems_between(file)]
    if problems or file is None:
        ordered = sorted(set(problems), key=lambda problem: (problem.line, problem.key))
        listed = [problem.shown_in(where) for problem in ordered[:_MOST_SHOWN]]
        more = [f"{where}: and {len(ordered) - _MOST_SHOWN:,} problems more"] if len(ordered) > _MOST_SHOWN else []
        raise ConfigurationError("\n".join([*listed, *more]))
    return file
