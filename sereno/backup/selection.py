"""Which part of a database each kind of backup takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from sereno.backup.manifest import BackupKind
from sereno.errors import ConfigurationError, RefusedError
from sereno.systems.model import System


class Named(Protocol):
    """A table by its names, in the catalog or in a manifest."""

    @property
    def oid(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def label(self) -> str: ...
    @property
    def partition_of(self) -> int | None: ...


T = TypeVar("T", bound=Named)


@dataclass(frozen=True)
class Selection:
    """What a backup takes. `names` are tables; None for all of them, empty for none."""

    names: tuple[str, ...] | None = None
    schema: bool = True
    keys: bool = False
    """Whether increments are to build on it."""
    volumes: bool = False
    """Whether the system's directories are taken too."""

    def of(self, tables: Sequence[T]) -> list[T]:
        """Those of `tables` that are meant.

        Raises:
            ConfigurationError: a name means no table, or several.
        """
        if self.names is None:
            return list(tables)
        wanted = {oid for name in self.names for oid in meant(tables, name, where="the database")}
        return [table for table in tables if table.oid in wanted]


def selection_of(kind: BackupKind, system: System, tables: Sequence[str] = ()) -> Selection:
    """What a backup of `kind` takes.

    Args:
        kind: the kind.
        system: its file names the critical tables.
        tables: for the kind `tables`.

    Raises:
        ConfigurationError: the system names no critical tables.
        RefusedError: tables are given for another kind, or are missing.
    """
    if bool(tables) != (kind is BackupKind.TABLES):
        raise RefusedError("name tables for a backup of kind `tables`, and only for that one")
    critical = system.backup.critical_tables if system.backup else ()
    if kind is BackupKind.CRITICAL and not critical:
        raise ConfigurationError(
            f"{system.name} names no critical tables; list them in its system.yaml under backup.critical_tables"
        )
    selections = {
        BackupKind.CRITICAL: Selection(names=critical),
        BackupKind.TABLES: Selection(names=tuple(tables)),
        BackupKind.DATA_ONLY: Selection(schema=False, volumes=True),
        BackupKind.SCHEMA_ONLY: Selection(names=()),
    }
    return selections.get(kind, Selection(keys=True, volumes=True))


def meant(tables: Iterable[Named], name: str, *, where: str) -> set[int]:
    """The oids of the table `name` (`users` or `public.users`) and of all its partitions.

    Raises:
        ConfigurationError: there is none in `where`, or there are several.
    """
    known = list(tables)
    found = [table for table in known if name in (table.label, table.name)]
    if not found:
        raise ConfigurationError(f"there is no table {name!r} in {where}")
    if len(found) > 1:
        raise ConfigurationError(f"{name!r} could be {' or '.join(table.label for table in found)}; write which")
    oids: set[int] = set()
    waiting = [found[0].oid]
    while waiting:
        oid = waiting.pop()
        oids.add(oid)
        waiting += [table.oid for table in known if table.partition_of == oid]
    return oids
