"""What takes a connection: do both URLs open, what may their roles do, do the SQL files fit the tables?"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import partial

import psycopg

from sereno.check import rights
from sereno.check.statements import stated, without
from sereno.data_checks.names import unknown_names
from sereno.database.connection import connect
from sereno.database.contracts import contract_problems
from sereno.database.read_session import ReadSession
from sereno.database.session_settings import roll_back, session_settings
from sereno.errors import ContractError, SerenoError
from sereno.postgres.binaries import find_binaries
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.contracts import contract_of
from sereno.systems.contracts.contract import Contract, SqlKind
from sereno.systems.folders import system_folder
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.systems.sections.checks import Checks
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import sql_paths

_READ_ONLY_ROLE = "name a role in database.read_url that can only read"
_BYPASS = "jobs that read these tables will be refused; give the role BYPASSRLS"
_GRANT = "GRANT USAGE on their schemas and SELECT on them"


def checked_databases(system: System, settings: Settings) -> list[Finding]:
    """The findings of both roles: `database.url` for live work, `database.read_url` for everything else."""
    live, reading = system.database.url, system.database.reading_url
    key = "database.read_url" if system.database.read_url else "database.url"
    connects = {"database.url": live, key: reading}
    findings = [stated(f"{where} connects", partial(_whereabouts, system, url)) for where, url in connects.items()]
    opened = {finding.name for finding in findings if finding.passed}
    if "database.url connects" in opened:
        findings += _checked_contracts(system, settings, live, SqlKind.STATEMENT)
    if f"{key} connects" in opened:
        findings += _checked_contracts(system, settings, reading, SqlKind.QUERY)
        findings += _checked_reading(system, settings, key)
        findings += _checked_names(system)
    if system.drill.server_url:
        findings.append(stated("drill.server_url may create databases", partial(_drills, system.drill.server_url)))
    return findings


def checked_targets(system: System) -> list[Finding]:
    """Whether each database that `restore` may fill can be connected to; it need not be there all the time."""
    return [
        stated(f"restore target {target.name} connects", partial(_whereabouts, system, target.url), required=False)
        for target in system.restore.targets
    ]


def _drills(url: Secret) -> str:
    with connect(url.resolve(), purpose="check") as connection:
        version, role, _ = rights.whereabouts(connection)
        if not rights.may_create_databases(connection):
            raise ContractError(f"role {role} may not; give it CREATEDB")
    return f"PostgreSQL {version}, role {role}"


def _whereabouts(system: System, url: Secret) -> str:
    with _session(system, url) as connection:
        version, role, database = rights.whereabouts(connection)
    return f"PostgreSQL {version}, role {role}, database {database}"


def _checked_contracts(system: System, settings: Settings, url: Secret, kind: SqlKind) -> list[Finding]:
    return [
        stated(f"sql/{contract.stem}.sql fits the database", partial(_fits, system, url, contract, sql))
        for contract, sql in _files(system, settings)
        if contract.kind is kind
    ]


def _files(system: System, settings: Settings) -> Iterator[tuple[Contract, SqlFile]]:
    """Every file that can be read and has a contract; the offline findings say what is wrong with the others."""
    folder = system_folder(system.name, settings)
    try:
        paths = sql_paths(system.name, settings)
    except SerenoError:
        return
    for path in paths:
        contract = contract_of(path.stem) if path.suffix == ".sql" else None
        try:
            sql = SqlFile.read(path, folder=folder)
        except SerenoError:
            continue
        if contract:
            yield contract, sql


def _fits(system: System, url: Secret, contract: Contract, sql: SqlFile) -> str:
    with _session(system, url) as connection:
        problems = contract_problems(connection, contract, sql)
    if problems:
        raise ContractError("\n".join(problems))
    return "prepared; nothing was run"


def _checked_reading(system: System, settings: Settings, key: str) -> list[Finding]:
    try:
        with _session(system, system.database.reading_url) as connection:
            powers, relations = rights.powers(connection), rights.relations(connection)
            server = connection.info.server_version // 10_000
    except SerenoError as error:
        return [Finding(name=f"the rights of {key} can be read", passed=False, evidence=str(error))]
    owned = [relation for relation in relations if relation.owned and not relation.is_sequence]
    hidden = [relation for relation in relations if relation.hides_rows]
    unreadable = [relation for relation in relations if not relation.readable]
    findings = [
        without(powers, f"{key} cannot run programs or write files on the server", advice=_READ_ONLY_ROLE),
        without(_names(owned), f"{key} owns no tables", advice=_READ_ONLY_ROLE),
        without(_names(hidden), f"no policy hides rows from {key}", advice=_BYPASS, required=system.backup is not None),
    ]
    if system.backup:
        findings.append(
            without(_names(unreadable), f"{key} may read what a backup holds", advice=_GRANT, required=True)
        )
        findings.append(stated("pg_dump is as new as the server", partial(_pg_dump, server, settings)))
    return findings


def _checked_names(system: System) -> list[Finding]:
    if system.checks is None:
        return []
    return [stated("what the section checks names is in the database", partial(_named, system, system.checks))]


def _named(system: System, checks: Checks) -> str:
    with _session(system, system.database.reading_url) as connection:
        problems = unknown_names(ReadSession(connection), checks)
    if problems:
        raise ContractError("\n".join(problems))
    return "tables, columns, enum types and foreign keys"


def _names(relations: Iterable[rights.Relation]) -> list[str]:
    return [str(relation) for relation in relations]


def _pg_dump(server: int, settings: Settings) -> str:
    find_binaries("pg_dump", at_least=server, prefer=settings.pg_bin)
    return f"there is one for PostgreSQL {server} or newer"


@contextmanager
def _session(system: System, url: Secret) -> Iterator[psycopg.Connection]:
    connection = connect(url.resolve(), purpose="check", settings=session_settings(system))
    try:
        yield connection
    finally:
        roll_back(connection)
        connection.close()
