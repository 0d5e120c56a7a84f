"""What `maintenance` needs of a system's purges: files that belong to one, and tables that are as the system says."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sereno.check.statements import stated
from sereno.errors import ContractError
from sereno.maintenance.plan import look_at_purge
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.contracts.maintenance import PURGE_HOLD, PURGE_ONLY
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge
from sereno.systems.sql_folder import sql_paths


def checked_purge_files(system: System, settings: Settings) -> Iterator[Finding]:
    """A file whose purge does not exist would protect nothing."""
    names = {purge.name for purge in system.purges}
    for path in sql_paths(system.name, settings):
        for contract in (PURGE_ONLY, PURGE_HOLD):
            if path.suffix == ".sql" and contract.of(path.stem):
                name = path.stem.removeprefix(contract.stem.rstrip("*"))
                known = ", ".join(sorted(names)) or "none"
                evidence = "" if name in names else f"system.yaml has no purge {name!r}; it has: {known}"
                yield Finding(name=f"sql/{path.name} belongs to a purge", passed=name in names, evidence=evidence)


def checked_purges(system: System) -> Iterator[Finding]:
    """Each purge's table, key and age column, the files of its condition, and the index that it would want."""
    for purge in system.purges:
        yield stated(f"purge {purge.name} fits the database", partial(_fits, system, purge))
        yield stated(f"purge {purge.name} has an index on its date", partial(_indexed, system, purge), required=False)


def _fits(system: System, purge: Purge) -> str:
    table = look_at_purge(system, purge).table
    return f"{table} with the key ({', '.join(purge.keys)}) and the age {purge.older_than}, {table.age.type}"


def _indexed(system: System, purge: Purge) -> str:
    table = look_at_purge(system, purge).table
    if not table.age_indexed:
        raise ContractError(f"every run reads all of {table}; create an index on {table.quoted} ({table.age.name})")
    return f"an index of {table} leads with {table.age.name}"
