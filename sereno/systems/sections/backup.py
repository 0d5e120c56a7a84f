"""The section `backup`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sereno.systems.part import Part
from sereno.systems.secrets import Secret
from sereno.systems.sections.fields import SecretText
from sereno.systems.sections.retention import Retention
from sereno.systems.sections.stores import StoreSection, named_apart


class Backup(Part):
    """What the jobs `backup`, `prune` and `restore` need."""

    stores: Annotated[tuple[StoreSection, ...], AfterValidator(named_apart)] = Field(
        min_length=1,
        max_length=8,
        examples=[
            [{"name": "local", "folder": "/srv/backups"}],
            [{"name": "local", "folder": "/srv/backups"}, {"name": "offsite", "bucket": "point-backups"}],
        ],
    )
    """Where backups go: folders and S3 buckets."""
    passphrase: SecretText = Field(default=Secret("${BACKUP_ENCRYPTION_KEY}"), examples=["${POINT_BACKUP_PASSPHRASE}"])
    """The passphrase that opens the backups' data keys. Losing it loses the backups."""
    previous_passphrases: tuple[SecretText, ...] = Field(
        default=(), max_length=8, examples=[["${POINT_BACKUP_PASSPHRASE_OF_2025}"]]
    )
    """Those before it, tried where it does not open a backup; none is needed after `sereno keys rotate`."""
    recovery_passphrase: SecretText | None = Field(default=None, examples=["${POINT_RECOVERY_PASSPHRASE}"])
    """A second passphrase that opens every new backup, for the day on which the first is lost; keep it elsewhere."""
    critical_tables: tuple[str, ...] = Field(default=(), examples=[["public.users", "public.subscriptions"]])
    """What a backup of kind `critical` takes; a partitioned table stands for its partitions."""
    connections: int = Field(default=2, ge=1, le=16, examples=[2])
    """How many connections copy rows at the same time."""
    recovery_point_hours: int = Field(default=26, ge=1, le=8_784, examples=[26])
    """How old the newest full backup or increment may be before `verify_backups` and `restore_drill` fail."""
    critical_recovery_point_hours: int | None = Field(default=None, ge=1, le=8_784, examples=[7])
    """The same for the critical tables, whichever kind of backup holds them. Default: not looked at."""
    retention: Retention = Retention()
    """Which backups the job `prune` keeps, in every store."""
