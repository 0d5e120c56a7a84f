"""The section `backup.retention`: which backups stay, and which are under legal hold."""

from __future__ import annotations

from datetime import date, timedelta

from pydantic import ConfigDict, Field, model_validator

from sereno.systems.part import Part

LONGEST_DAYS = 36_500
_MOST = 1_000


class Hold(Part):
    """Backups that no rule may delete: one by its id, or those of some days. Days are those of the system's zone."""

    model_config = ConfigDict(serialize_by_alias=True)

    reason: str = Field(min_length=1, max_length=200, examples=["tax audit 2026, asked for by the accountants"])
    """Why, for whoever reads the calendar. No personal data: it stands in reports."""
    backup: str | None = Field(
        default=None, pattern=r"^\d{8}T\d{6}Z-[a-z-]+-[0-9a-f]{8}$", examples=["20261123T020000Z-full-1f3a5c7e"]
    )
    """The id of the one backup that is held, with everything that it rests on. Instead of days."""
    first_day: date | None = Field(default=None, alias="from", examples=["2026-01-01"])
    """The first day whose backups are held. Default: from the beginning."""
    last_day: date | None = Field(default=None, alias="until", examples=["2026-03-31"])
    """The last day whose backups are held. Default: for as long as the hold stands here."""
    before: date | None = Field(default=None, examples=["2026-04-01"])
    """The first day whose backups are not held any more; another way to write `until`."""

    @model_validator(mode="after")
    def _says_what_is_held(self) -> Hold:
        days = [day for day in (self.first_day, self.last_day, self.before) if day]
        if (self.backup is None) == (not days):
            raise ValueError("a hold names either a backup or days: from, until, before")
        if self.last_day and self.before:
            raise ValueError("until and before mean the same end of a hold; give one of them")
        ends = self.before - timedelta(days=1) if self.before else self.last_day
        if self.first_day and ends and ends < self.first_day:
            raise ValueError("this hold ends before it begins")
        return self

    def covers(self, identifier: str, *, day: date) -> bool:
        """Whether the backup `identifier` of the day `day`, in the system's zone, is held."""
        if self.backup is not None:
            return identifier == self.backup
        begun = self.first_day is None or day >= self.first_day
        over = (self.last_day is not None and day > self.last_day) or (self.before is not None and day >= self.before)
        return begun and not over


class Retention(Part):
    """Which backups the job `prune` keeps. A backup stays when any rule asks for it; 0 takes a rule away.

    The rules count each kind apart: full and incremental backups together, as they form chains; `critical`, `tables`,
    `data-only` and `schema-only` each by itself. Days, weeks, months and years are those of the system's time zone.
    """

    keep_last: int = Field(default=3, ge=0, le=_MOST, examples=[3])
    """How many of the newest backups stay."""
    within_days: int = Field(default=3, ge=0, le=LONGEST_DAYS, examples=[90])
    """Every backup stays for this many days. The variable BACKUP_RETENTION_DAYS overrides it, for every system."""
    daily: int = Field(default=14, ge=0, le=_MOST, examples=[14])
    """For how many days that have backups the last one of the day stays."""
    weekly: int = Field(default=8, ge=0, le=_MOST, examples=[8])
    """For how many weeks that have backups the last one of the week stays; weeks begin on Monday (ISO 8601)."""
    monthly: int = Field(default=12, ge=0, le=_MOST, examples=[12])
    """For how many months that have backups the last one of the month stays."""
    yearly: int = Field(default=3, ge=0, le=_MOST, examples=[3])
    """For how many years that have backups the last one of the year stays."""
    minimum: int = Field(default=2, ge=1, le=_MOST, examples=[2])
    """How many backups always stay, however old they are; of chains, the newest backup of each of this many."""
    holds: tuple[Hold, ...] = Field(
        default=(),
        max_length=100,
        examples=[[{"reason": "tax audit 2026", "from": "2026-01-01", "until": "2026-03-31"}]],
    )
    """Legal holds: what they cover stays until the hold is taken out of this file."""
