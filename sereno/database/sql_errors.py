"""Errors of a SQL file, with the file and the line in front of what the server said."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from sereno.database.connection import translate
from sereno.systems.sql_file import SqlFile

_LINE = re.compile(r"^LINE (\d+):", re.MULTILINE)


@contextmanager
def naming(sql: SqlFile) -> Iterator[None]:
    """Turn the driver's errors into Sereno's, saying `while running deployments/point/sql/x.sql:3: ...`.

    The line is the file's own, because what is sent in front of its text (`DECLARE ... FOR`) has no line feed.
    """
    try:
        yield
    except psycopg.Error as error:
        raise translate(error, f"running {place(sql, str(error))}") from None


def place(sql: SqlFile, message: str) -> str:
    """The file, and the line that libpq's `message` points at when it points at one."""
    line = _LINE.search(message)
    return f"{sql.where}:{line[1]}" if line else sql.where
