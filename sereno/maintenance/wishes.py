"""What a run of `maintenance` was asked to do, as rules over the system's file and the form's values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from sereno.errors import ConfigurationError, RefusedError
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge


class Part(StrEnum):
    """Which part of the maintenance is done."""

    ALL = "all"
    IDLE_CLIENTS = "idle_clients"
    PURGES = "purges"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be done. `idle_days` is None where idle clients are not looked at."""

    now: datetime
    idle_days: int | None
    idle_limit: int
    purges: tuple[Purge, ...]

    @property
    def idle_cutoff(self) -> datetime:
        """A client without a call since then is idle."""
        return self.now - timedelta(days=self.idle_days or 0)


def wishes_of(
    system: System,
    *,
    now: datetime,
    part: Part = Part.ALL,
    purges: Sequence[str] = (),
    idle_days: int | None = None,
    idle_limit: int | None = None,
    retain_days: int | None = None,
    max_delete: int | None = None,
) -> Wishes:
    """The form's values over those of the system's file; None leaves the file's.

    Args:
        system: the system.
        now: the moment from which days are counted back.
        part: what is done.
        purges: the names of the purges that are done; all when there are none.
        idle_days: instead of `maintenance.idle_clients.idle_days`.
        idle_limit: instead of `maintenance.idle_clients.idle_limit`.
        retain_days: instead of the purge's own; for one purge only.
        max_delete: instead of each purge's own.

    Raises:
        ConfigurationError: the system has no such purge, or nothing that could be maintained.
        RefusedError: one retention is given for several purges.
    """
    idle = system.maintenance.idle_clients if part is not Part.PURGES and not purges else None
    chosen = _chosen(system, purges) if part is not Part.IDLE_CLIENTS else ()
    if idle is None and not chosen:
        raise ConfigurationError(
            f"{system.name} has nothing to do for maintenance with part={part}: "
            "its system.yaml needs maintenance.idle_clients or purges"
        )
    if retain_days is not None and len(chosen) > 1:
        names = ", ".join(purge.name for purge in chosen)
        raise RefusedError(
            f"retain_days={retain_days} would replace the retention of {len(chosen)} purges ({names}); "
            "name the one that it is meant for with purges; nothing was opened or changed"
        )
    given = {"retain_days": retain_days, "max_delete": max_delete}
    update = {name: value for name, value in given.items() if value is not None}
    return Wishes(
        now=now,
        idle_days=(idle_days or idle.idle_days) if idle else None,
        idle_limit=(idle_limit or idle.idle_limit) if idle else 0,
        purges=tuple(purge.model_copy(update=update) for purge in chosen),
    )


def _chosen(system: System, names: Sequence[str]) -> tuple[Purge, ...]:
    known = {purge.name: purge for purge in system.purges}
    for name in names:
        if name not in known:
            there = ", ".join(known) or "none"
            raise ConfigurationError(f"{system.name} has no purge {name[:80]!r}; its system.yaml knows: {there}")
    return tuple(purge for purge in system.purges if not names or purge.name in names)
