"""The values of retention: a backup as its rules see it, the rules of a system, and a line of the calendar."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from sereno.backup.manifest import BackupKind, Manifest
from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.model import System
from sereno.systems.sections.retention import LONGEST_DAYS, Retention

_EARLIEST, _LATEST = datetime(1970, 1, 2, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def within_calendars(moment: datetime) -> datetime:
    """The nearest moment that every time zone's calendar knows; a manifest that nobody authenticated may say any."""
    return min(max(moment, _EARLIEST), _LATEST)


@dataclass(frozen=True, slots=True)
class DatedBackup:
    """What retention has to know of a backup. Ids sort as backups were taken, also when a clock was set back."""

    id: str
    kind: BackupKind
    taken_at: datetime
    parent: str | None = None
    stored_bytes: int = 0

    @classmethod
    def of(cls, manifest: Manifest) -> DatedBackup:
        """The backup that `manifest` describes; a time beyond all calendars becomes the nearest within them."""
        parent = manifest.parent.id if manifest.parent else None
        taken_at = within_calendars(manifest.snapshot.taken_at)
        return cls(manifest.id, manifest.kind, taken_at, parent, manifest.stored_bytes)


class Rule(StrEnum):
    """Why a backup stays; the words that `--json` uses."""

    LAST = "last"
    WITHIN = "within-days"
    DAILY = "daily"
    WEEKLY = "weekly"
    MONTHLY = "monthly"
    YEARLY = "yearly"
    MINIMUM = "minimum"
    HOLD = "hold"
    PARENT = "parent"
    COPIED = "copied"
    DOUBT = "doubt"
    BROKEN = "broken"
    FUTURE = "future"


@dataclass(frozen=True, slots=True)
class Reason:
    """A rule that asks for a backup, in words, and until when it will; None where nobody can say."""

    rule: Rule
    text: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CalendarEntry:
    """A backup and everything that asks for it; nothing, when it goes."""

    backup: DatedBackup
    reasons: tuple[Reason, ...]

    @property
    def stays(self) -> bool:
        """Whether any rule asks for it."""
        return bool(self.reasons)

    @property
    def expires_at(self) -> datetime | None:
        """From when on no rule asks for it any more; None when it goes now, and when nobody can say.

        The rule `within_days` is exact. Those that count assume that backups go on at the pace of the last ones, and
        that none of them rests on this one.
        """
        ends = [reason.until for reason in self.reasons]
        known = [end for end in ends if end]
        return max(known) if known and len(known) == len(ends) else None

    @property
    def why(self) -> str:
        """The reasons in words: `last 3, day 2026-11-23`."""
        return ", ".join(reason.text for reason in self.reasons)

    def until(self, zone: ZoneInfo) -> str:
        """Until when it stays, in words: a day in `zone`, `no end in sight`, or `goes` with the next prune."""
        if not self.stays:
            return "goes"
        return f"{self.expires_at.astimezone(zone):%Y-%m-%d}" if self.expires_at else "no end in sight"

    def outlives(self, other: CalendarEntry) -> bool:
        """Whether this one stays longer, of two that stay."""
        mine, theirs = self.expires_at, other.expires_at
        return theirs is not None and (mine is None or mine > theirs)


@dataclass(frozen=True, slots=True)
class KeepPolicy:
    """The rules of a system, and the zone in which its days begin."""

    rules: Retention
    zone: ZoneInfo

    @classmethod
    def of(cls, system: System, settings: Settings) -> KeepPolicy:
        """The section `backup.retention`, with `within_days` from BACKUP_RETENTION_DAYS where that is set.

        Raises:
            ConfigurationError: the variable holds something else than days, or the system takes no backups.
        """
        if system.backup is None:
            raise ConfigurationError(f"{system.name} has no section `backup` in its system.yaml, so it has no backups")
        rules = system.backup.retention
        if (text := settings.backup_retention_days) is not None:
            rules = rules.model_copy(update={"within_days": _days(text)})
        return cls(rules, system.zone)


def _days(text: str) -> int:
    if re.fullmatch(r"[0-9]{1,5}", text.strip()) and 1 <= int(text) <= LONGEST_DAYS:
        return int(text)
    raise ConfigurationError(
        f"BACKUP_RETENTION_DAYS is {text[:40]!r}; expected a whole number of days from 1 to {LONGEST_DAYS:,}, "
        "or leave it unset where each system's own within_days should hold"
    )
