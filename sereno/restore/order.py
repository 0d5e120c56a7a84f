"""The order of tables: a check constraint may call a function that reads rows of another table.

PostgreSQL does not know of it, and neither does pg_dump. So rows that a check refuses are tried again when other tables
have theirs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import errors

from sereno.backup.manifest import Table
from sereno.database.connection import translate
from sereno.errors import ContractError

_CLASS_OF_FUNCTIONS = "P0"  # what PL/pgSQL raises


class TooEarlyError(ContractError):
    """A check refused the rows of a table, which may go in once other tables have theirs."""


class Order:
    """In which order tables are loaded in one transaction, which begins again when one of them was too early."""

    def __init__(self, tables: Sequence[Table]) -> None:
        """Begin with the order of `tables`."""
        self.tables = tuple(tables)
        self._tried = {self._oids}

    def move_back(self, oid: int, early: TooEarlyError) -> None:
        """Load the table `oid`, which was too `early`, after all the others the next time.

        Raises:
            TooEarlyError: that order was tried before.
        """
        self.tables = tuple(sorted(self.tables, key=lambda table: table.oid == oid))
        if self._oids in self._tried:
            raise early
        self._tried.add(self._oids)

    @property
    def _oids(self) -> tuple[int, ...]:
        return tuple(table.oid for table in self.tables)


@contextmanager
def noticed(table: Table) -> Iterator[None]:
    """Name the table in what goes wrong while its rows are loaded.

    Raises:
        TooEarlyError: a check refused them.
    """
    try:
        yield
    except psycopg.Error as error:
        if isinstance(error, errors.CheckViolation) or (error.sqlstate or "").startswith(_CLASS_OF_FUNCTIONS):
            raise TooEarlyError(
                f"{translate(error, f'restoring rows of {table.label}')}; a check that reads other rows than its own "
                "is not kept true by the server: restore the other tables by naming them, or write files with "
                f"`sereno backups export` and load {table.label} without that check"
            ) from None
        raise translate(error, f"restoring rows of {table.label}") from None
