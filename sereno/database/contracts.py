"""Comparing a SQL file with its contract on a real database, without reading or changing a row.

The text is prepared as it stands (column names and types), then once more behind `DECLARE ... FOR` or `EXPLAIN`,
which take nothing but plain queries and changes, and that is opened with every parameter NULL: rights, policies and
read-only transactions are looked at then, and no row is fetched.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import psycopg
from psycopg import errors as pg
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult

from sereno.database.session_settings import roll_back
from sereno.database.sql_errors import naming
from sereno.errors import ConfigurationError, ContractError, RefusedError
from sereno.systems.contracts.contract import Contract, Family, SqlKind
from sereno.systems.sql_file import SqlFile

_UNKNOWN = 0
_SENT_AS: Mapping[Family, int] = MappingProxyType(
    {
        Family.INTEGER: 23,
        Family.NUMERIC: 1700,
        Family.BOOLEAN: 16,
        Family.TIMESTAMP: 1184,
        Family.DATE: 1082,
        Family.UUID: 2950,
        Family.JSON: 3802,
    }
)
"""The type OIDs under which the driver sends a value of each family; text and the others go untyped."""

_BY_NAME: Mapping[str, Family] = MappingProxyType(
    {
        "int2": Family.INTEGER,
        "int4": Family.INTEGER,
        "int8": Family.INTEGER,
        "timestamp": Family.TIMESTAMP,
        "timestamptz": Family.TIMESTAMP,
        "date": Family.DATE,
        "uuid": Family.UUID,
        "json": Family.JSON,
        "jsonb": Family.JSON,
    }
)
_BY_CATEGORY: Mapping[str, Family] = MappingProxyType(
    {"A": Family.ARRAY, "B": Family.BOOLEAN, "E": Family.TEXT, "N": Family.NUMERIC, "S": Family.TEXT}
)


def contract_problems(connection: psycopg.Connection, contract: Contract, sql: SqlFile) -> tuple[str, ...]:
    """What is wrong with `sql` on this database, each in one sentence; empty when it keeps the contract.

    Args:
        connection: a read-only session of the role that will run the file; its transaction is rolled back.
        contract: what the file must be.
        sql: the file.

    Raises:
        SystemUnavailableError: the connection was lost.
    """
    problems = contract.problems_of_form(sql)
    if problems:
        return problems
    try:
        with naming(sql):
            return _column_problems(_columns(connection, contract, sql), contract, sql)
    except (ContractError, RefusedError, ConfigurationError) as error:
        return (str(error),)
    finally:
        roll_back(connection)


def _columns(connection: psycopg.Connection, contract: Contract, sql: SqlFile) -> dict[str, str]:
    """Each column's name and its family, or the type's own name where it is of no family."""
    connection.execute("SELECT 1")
    text, names = sql.numbered()
    pgconn, encoding = connection.pgconn, connection.info.encoding
    types = [_SENT_AS.get(contract.parameters[name], _UNKNOWN) for name in names]
    _accepted(connection, pgconn.prepare(b"", text.encode(encoding), types))
    described = _accepted(connection, pgconn.describe_prepared(b""))
    guard = "DECLARE sereno_check NO SCROLL CURSOR FOR " if contract.kind is SqlKind.QUERY else "EXPLAIN "
    _accepted(connection, pgconn.exec_params((guard + text).encode(encoding), [None] * len(names), types))
    columns = [
        ((described.fname(index) or b"").decode(encoding), described.ftype(index)) for index in range(described.nfields)
    ]
    families = _families(connection, [oid for _, oid in columns])
    return {name: families[oid] for name, oid in columns}


def _accepted(connection: psycopg.Connection, result: PGresult) -> PGresult:
    if result.status not in {ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK}:
        raise pg.error_from_result(result, encoding=connection.info.encoding)
    return result


def _families(connection: psycopg.Connection, oids: Sequence[int]) -> dict[int, str]:
    rows = connection.execute(
        "SELECT oid, typname, typcategory::text FROM pg_catalog.pg_type WHERE oid = ANY(%s)", (list(oids),)
    )
    return {oid: _BY_NAME.get(name) or _BY_CATEGORY.get(category, name) for oid, name, category in rows}


def _column_problems(found: Mapping[str, str], contract: Contract, sql: SqlFile) -> tuple[str, ...]:
    if contract.kind is SqlKind.STATEMENT or contract.any_columns:
        return ()
    wanted = {**contract.columns, **contract.optional_columns}
    missing = [name for name in contract.columns if name not in found]
    unknown = [name for name in found if name not in wanted]
    problems = [f"{sql.where}: gives no column {name}; expected {_either(wanted[name])}" for name in missing]
    problems += [f"{sql.where}: gives a column {name!r} that {contract.job} does not know" for name in unknown]
    problems += [
        f"{sql.where}: column {name} is {family}; expected {_either(wanted[name])}"
        for name, family in found.items()
        if name in wanted and family not in wanted[name] and Family.ANY not in wanted[name]
    ]
    return tuple(problems)


def _either(families: frozenset[Family]) -> str:
    return " or ".join(sorted(families))
