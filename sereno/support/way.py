"""How a support operation is carried out: by a call of the system's API, or by a statement of its folder."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from sereno.errors import ConfigurationError
from sereno.support.kinds import Kind
from sereno.systems.model import System
from sereno.systems.sections.support import Api, Call
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql


class Wanted(StrEnum):
    """Which way somebody asks for; `auto` is the API where the folder describes the call, else the statement."""

    AUTO = "auto"
    API = "api"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """The files of an operation, and the call in place of the statement where there is one."""

    read: SqlFile
    statement: SqlFile | None
    call: Call | None
    api: Api | None

    @property
    def sends(self) -> bool:
        """Whether the system itself does it, so that a notification really leaves the house."""
        return self.call is not None


def way_of(system: System, kind: Kind, wanted: Wanted = Wanted.AUTO) -> Way:
    """The way that `wanted` means for `system`.

    Raises:
        ConfigurationError: the system does not offer the operation, or not in this way.
    """
    call = kind.require(system).call
    if wanted is Wanted.API and call is None:
        raise ConfigurationError(f"{system.name} has no API for this: support.{kind.noun}s.call is not in its file")
    call = None if wanted is Wanted.STATEMENT else call
    read, statement = find_sql(system.name, kind.read), find_sql(system.name, kind.change)
    missing = kind.read if read is None else kind.change
    if read is None or (statement is None and call is None):
        raise ConfigurationError(f"{system.name} has no sql/{missing}.sql, which {kind.job} needs")
    return Way(read=read, statement=None if call else statement, call=call, api=system.support.api if call else None)
