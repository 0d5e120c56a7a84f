"""What can be checked without a network: the files and the secrets."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches
from functools import partial
from pathlib import Path

from pydantic import BaseModel

from sereno.check.offers import needed_files
from sereno.check.statements import stated
from sereno.errors import SerenoError
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.contracts import CONTRACTS, contract_of
from sereno.systems.contracts.contract import Contract
from sereno.systems.folders import system_folder
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import sql_paths

_OPTIONAL = (
    "restore.",
    "backup.previous_passphrases",
    "load_check.",
    "messages.",
    "support.api.",
    "migrations.environment",
)


def checked_file(name: str, settings: Settings) -> tuple[System | None, list[Finding]]:
    """The system where its file is right, and a finding that says what is wrong where it is not."""
    try:
        system = load_system(name, settings)
    except SerenoError as error:
        return None, [Finding(name="system.yaml is right", passed=False, evidence=str(error))]
    return system, [Finding(name="system.yaml is right", passed=True, evidence=system.title)]


def checked_secrets(system: System) -> list[Finding]:
    """One finding per secret: can it be resolved here? Only its references are shown."""
    return [
        stated(f"secret of {place}", partial(_resolved, secret), required=not place.startswith(_OPTIONAL))
        for place, secret in secrets_of(system)
    ]


def required_secrets(system: System) -> list[Secret]:
    """The secrets without which the jobs of the system cannot run."""
    return [secret for place, secret in secrets_of(system) if not place.startswith(_OPTIONAL)]


def secrets_of(part: BaseModel, place: str = "") -> Iterator[tuple[str, Secret]]:
    """Every secret inside `part` and where it stands, such as `restore.targets[0].url`."""
    for key, value in part:
        here = f"{place}.{key}".lstrip(".")
        for item_place, item in (
            [(f"{here}[{index}]", item) for index, item in enumerate(value)]
            if isinstance(value, tuple)
            else [(here, value)]
        ):
            if isinstance(item, Secret):
                yield item_place, item
            elif isinstance(item, BaseModel):
                yield from secrets_of(item, item_place)


def checked_sql_files(name: str, system: System | None, settings: Settings) -> list[Finding]:
    """Is each file of `sql/` a contract, with the right form and parameters, and none missing that `system` needs?"""
    try:
        paths = sql_paths(name, settings)
    except SerenoError as error:
        return [Finding(name="sql/ can be listed", passed=False, evidence=str(error))]
    folder = system_folder(name, settings)
    findings = [finding for path in paths for finding in _checked_path(path, folder)]
    there = {path.name for path in paths}
    findings += [
        Finding(name=f"sql/{stem}.sql is there", passed=False, evidence=f"needed by {job}")
        for stem, job in (needed_files(system) if system else {}).items()
        if f"{stem}.sql" not in there
    ]
    return findings


def _resolved(secret: Secret) -> str:
    secret.resolve()
    return ", ".join(f"${{{reference}}}" for reference in secret.references) or "written out, without a password"


def _checked_path(path: Path, folder: Path) -> Iterator[Finding]:
    contract = contract_of(path.stem) if path.suffix == ".sql" else None
    if contract is None:
        close = get_close_matches(path.name, [f"{contract.stem}.sql" for contract in CONTRACTS], n=1)
        evidence = "no job asks for it" + (f"; did you mean {close[0]}?" if close else "")
        yield Finding(name=f"sql/{path.name} is known", passed=False, required=False, evidence=evidence)
        return
    try:
        sql = SqlFile.read(path, folder=folder)
    except SerenoError as error:
        yield Finding(name=f"sql/{path.name} has the right form", passed=False, evidence=str(error))
        return
    problems = contract.problems_of_form(sql)
    evidence = "\n".join(problems) or contract.description
    yield Finding(name=f"sql/{path.name} has the right form", passed=not problems, evidence=evidence)
    if not problems:
        yield from _unused(contract, sql)


def _unused(contract: Contract, sql: SqlFile) -> Iterator[Finding]:
    unused = contract.unused_parameters(sql)
    if unused:
        evidence = f"not used: {', '.join(f':{name}' for name in unused)}"
        yield Finding(
            name=f"sql/{contract.stem}.sql uses every parameter", passed=False, required=False, evidence=evidence
        )
