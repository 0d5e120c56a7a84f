"""The three ways of a restore, and which one a target and a choice of tables lead to."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sereno.errors import RefusedError
from sereno.systems.sections.restore import ORIGINAL, SCRATCH


class Way(StrEnum):
    """How the backup comes into the target."""

    BUILD = "build"
    """Schema and rows into an empty database."""
    REFILL = "refill"
    """Rows into tables that are there, in one transaction."""
    REPLACE = "replace"
    """Schema and rows into a new database that then takes the original's name."""
    FILES = "files"
    """Volumes alone; no database is touched."""


class WithVolumes(StrEnum):
    """Whether volumes are restored: `with` a whole database, not at all, or alone."""

    WITH = "with"
    WITHOUT = "without"
    ONLY = "only"


def way_of(*, target: str, tables: Sequence[str], data_only: bool, volumes: WithVolumes = WithVolumes.WITH) -> Way:
    """The way that these parameters ask for.

    Raises:
        RefusedError: they do not go together; the message says what to do instead.
    """
    if volumes is WithVolumes.ONLY:
        if tables or data_only:
            raise RefusedError("volumes=only restores no rows; leave tables and data_only out, or restore in two runs")
        return Way.FILES
    if data_only:
        if target == SCRATCH:
            raise RefusedError("a scratch server has no tables to fill; leave data_only off, or name another target")
        return Way.REFILL
    if target != ORIGINAL:
        return Way.BUILD
    if tables:
        raise RefusedError(
            "some tables are put back into the original by their rows alone: add data_only=true; "
            "to look at them first, restore them to scratch"
        )
    return Way.REPLACE
