"""How every PostgreSQL session of Sereno is opened, and how the driver's errors become Sereno's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sereno.errors import (
    ConfigurationError,
    ContractError,
    RefusedError,
    SerenoError,
    StorageError,
    SystemUnavailableError,
)
from sereno.redaction import redact

PINNED: Mapping[str, str] = {
    "DateStyle": "ISO, YMD",
    "IntervalStyle": "postgres",
    "extra_float_digits": "3",
    "bytea_output": "hex",
    "lc_monetary": "C",
    "client_encoding": "UTF8",
    "synchronize_seqscans": "off",
    "row_security": "off",
    "quote_all_identifiers": "off",
}
"""What every session sets, so that the same rows always give the same text and hidden rows are an error."""

COPY_SETTINGS: Mapping[str, str] = {**PINNED, "TimeZone": "UTC", "search_path": ""}
"""What sessions set that copy rows or read keys; recorded in every backup."""

UNHURRIED: Mapping[str, str] = {"statement_timeout": "0", "idle_in_transaction_session_timeout": "0"}
"""What sessions set besides that hold a transaction for as long as a backup or a restore takes."""

_QUICK: Mapping[str, str] = {"jit": "off"}
"""A server takes a third of a second to compile a query of the catalog, which it overestimates, and 3 ms to run it."""

WITHOUT_TRANSACTION_TIMEOUT = (
    "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name = 'transaction_timeout'"
)
"""The same for the timeout that servers have since PostgreSQL 17; others would refuse it as a setting."""


def connect(
    url: str, *, purpose: str, settings: Mapping[str, str] = PINNED, read_only: bool = True, autocommit: bool = False
) -> psycopg.Connection:
    """Open a session on `url`.

    Args:
        url: a resolved libpq URL.
        purpose: shown in `pg_stat_activity` as `sereno PURPOSE`.
        settings: server settings for the whole session.
        read_only: the session and its transactions are READ ONLY; when false, the server's default holds, so that
            a database that its owner made read-only stays so.
        autocommit: each statement its own transaction.

    Raises:
        ConfigurationError: the URL, the password or the database's name is wrong.
        SystemUnavailableError: the server does not answer.
    """
    wanted = {**_QUICK, **settings, **({"default_transaction_read_only": "on"} if read_only else {})}
    with translated("connecting to the database"):
        conninfo = conninfo_to_dict(url)
        _refuse_misread(conninfo)
        own_options = f"{conninfo.pop('options', None) or ''} {_options(wanted)}".strip()
        connection = psycopg.connect(
            make_conninfo("", **conninfo, options=own_options),
            connect_timeout=int(conninfo.get("connect_timeout") or 10),
            application_name=f"sereno {purpose}"[:63],
            autocommit=autocommit,
        )
    connection.read_only = read_only or None
    return connection


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Turn the driver's errors into Sereno's, with what was being done in front.

    Args:
        doing: what the block does, as it reads after "while".
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, doing) from None


def translate(error: psycopg.Error, doing: str) -> SerenoError:
    """The driver's `error` as Sereno's, without the rows that the server quotes beside its message.

    Args:
        error: what the driver raised.
        doing: what was being done, as it reads after "while".
    """
    text = redact(" ".join(_message(error).split()) or type(error).__name__)
    kind, advice = _kind(error, text)
    return kind(f"while {doing}: {text}{advice}")


def _message(error: psycopg.Error) -> str:
    if error.diag.message_primary:
        return error.diag.message_primary
    if isinstance(error, psycopg.ProgrammingError):
        return re.sub(r'".*"', '"..."', str(error), flags=re.DOTALL)  # libpq quotes the URL that it cannot read
    return str(error)


def _kind(error: psycopg.Error, text: str) -> tuple[type[SerenoError], str]:
    state = error.sqlstate or ""
    if isinstance(error, pg.InvalidPassword | pg.InvalidAuthorizationSpecification | pg.InvalidCatalogName):
        return ConfigurationError, ""
    if error.diag.source_function == "check_enable_rls" or "row-level security policy" in text:
        return (
            RefusedError,
            "; rows would be hidden from this role: give it BYPASSRLS, or name a role that owns the table",
        )
    if isinstance(error, pg.CharacterNotInRepertoire | pg.UntranslatableCharacter):
        return ContractError, _TEXT_ADVICE
    if isinstance(error, pg.DiskFull):
        return StorageError, ""
    if isinstance(error, pg.LockNotAvailable):
        return SystemUnavailableError, "; another session holds the lock"
    if state[:2] in {"08", "40", "53", "57"} or isinstance(error, pg.IdleInTransactionSessionTimeout):
        return SystemUnavailableError, ""
    if state:
        return ContractError, ""
    if isinstance(error, psycopg.OperationalError):
        wrong_login = any(part in text for part in ("authentication failed", "no password supplied", "does not exist"))
        return (ConfigurationError if wrong_login else SystemUnavailableError), ""
    if isinstance(error, psycopg.ProgrammingError):
        return ConfigurationError, _URL_ADVICE if any(part in text for part in _URL_PARTS) else ""
    return ContractError, ""


_TEXT_ADVICE = (
    "; a value holds bytes that are no text in the encoding of the database: correct it there, or keep such a database "
    "in SQL_ASCII, from and to which bytes are copied as they are"
)
_URL_PARTS = ("connection", "URI", "end of string", "percent-encoded")
_URL_ADVICE = "; a libpq URL is postgresql://user:password@host:5432/name, special characters in the password as %XX"


def _refuse_misread(conninfo: Mapping[str, Any]) -> None:
    """Refuse what libpq reads when a password holds a bare / or @, before it quotes a part of it as host or port."""
    ports, wait = str(conninfo.get("port") or ""), str(conninfo.get("connect_timeout") or "0")
    if "@" in str(conninfo.get("host") or "").lstrip("@") or not re.fullmatch(r"[\d,]*", ports) or not wait.isdecimal():
        raise ConfigurationError(f"the database URL's host, port or connect_timeout cannot be read{_URL_ADVICE}")


def _options(settings: Mapping[str, str]) -> str:
    return " ".join(f"-c {name}={_escaped(value)}" for name, value in settings.items())


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace(" ", r"\ ")
