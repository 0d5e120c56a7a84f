"""Databases of the encoding SQL_ASCII: nobody knows what their bytes mean, so they pass as they are.

Any other encoding is converted to UTF-8 on the way out and back on the way in. SQL_ASCII cannot be, and bytes that are
no UTF-8 would end the copy.
"""

from __future__ import annotations

import psycopg
from psycopg import sql

from sereno.backup.copying import RAW

_PROVIDERS_SINCE = 15


def copying_in(connection: psycopg.Connection, *, frozen: bool = False) -> sql.SQL:
    """The options of a COPY into or out of a table of this database, as the rows of a backup are written."""
    raw = connection.info.parameter_status("server_encoding") == RAW
    options = [*(["FREEZE"] if frozen else []), *([f"ENCODING '{RAW}'"] if raw else [])]
    return sql.SQL(f"WITH ({', '.join(options)})" if options else "")


def empty_database(name: str, *, encoding: str, major: int) -> sql.Composed:
    """The statement that makes an empty database into which rows of a database of `encoding` fit.

    Args:
        name: of the new database.
        encoding: of the one that was backed up.
        major: the version of the server that makes it.
    """
    raw = f"ENCODING '{RAW}' LC_COLLATE 'C' LC_CTYPE 'C'"
    provider = " LOCALE_PROVIDER libc" if major >= _PROVIDERS_SINCE else ""
    options = sql.SQL(raw + provider if encoding == RAW else "")
    return sql.SQL("CREATE DATABASE {} TEMPLATE template0 {}").format(sql.Identifier(name), options)
