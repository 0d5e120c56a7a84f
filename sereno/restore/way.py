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


def way_of(*, target: str, tables: Sequence[str], data_only: bool) -> Way:
    """The way that these parameters ask for.

    Raises:
        RefusedError: they do not go together; the message says what to do instead.
    """
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
