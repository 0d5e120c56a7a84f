"""The folder of a system as strict models: unknown keys are errors, every field says what it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from pydantic import Field, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.audit import Audit
from sereno.systems.sections.backup import Backup
from sereno.systems.sections.care import Care
from sereno.systems.sections.checks import Checks
from sereno.systems.sections.compliance import Compliance
from sereno.systems.sections.database import Database
from sereno.systems.sections.fields import Name, Timezone
from sereno.systems.sections.load_check import LoadCheck
from sereno.systems.sections.maintenance import Maintenance, Purges
from sereno.systems.sections.messages import Messages
from sereno.systems.sections.migrations import Migrations
from sereno.systems.sections.overview import Overview
from sereno.systems.sections.prices import Prices
from sereno.systems.sections.restore import Drill, Restore, Services
from sereno.systems.sections.support import Support
from sereno.systems.sections.trials import Trials
from sereno.systems.sections.volumes import Volumes


class System(Part):
    """A product under care, as its folder's `system.yaml` describes it."""

    name: Name = Field(examples=["point"])
    """The system's name; the same as its folder's."""
    title: str = Field(min_length=1, max_length=200, examples=["Point integrations"])
    """What people call it."""
    timezone: Timezone = Field(examples=["Europe/Lisbon"])
    """The zone in which the system's days begin; IANA name."""
    database: Database
    """How its PostgreSQL is reached."""
    backup: Backup | None = None
    """Where backups go and what opens them. Leave out where Sereno takes no backups of this system."""
    volumes: Volumes = Field(default=(), max_length=32, examples=[[{"name": "media", "path": "/srv/point/media"}]])
    """Directories that backups hold besides the database."""
    restore: Restore = Restore()
    """Where backups may be restored to. Offered where there are backups."""
    drill: Drill = Drill()
    """How restores are rehearsed. Offered where there are backups."""
    services: Services = Services()
    """What is stopped and started around a restore over the original."""
    checks: Checks | None = None
    """What has to be true of its rows. Leave out where nobody has said that yet."""
    care: Care = Care()
    """From when on something about the database is worth a look."""
    maintenance: Maintenance = Maintenance()
    """Idle API clients, and how purges work."""
    purges: Purges = Field(
        default=(),
        examples=[
            [{"name": "api_logs", "table": "access_log", "key": "id", "older_than": "created_at", "retain_days": 90}]
        ],
    )
    """Old rows that the job `maintenance` deletes."""
    prices: Prices | None = None
    """What the plans cost. Leave out where nothing is told in money."""
    messages: Messages | None = None
    """How people are written to. Leave out where Sereno writes to nobody."""
    trials: Trials | None = None
    """What happens when trials end. Leave out where there are no trials."""
    load_check: LoadCheck | None = None
    """How its API is put under load. Leave out where no load may be sent to this system."""
    migrations: Migrations | None = None
    """How its schema is brought up to date. Offered where there are backups, since one is taken before."""
    support: Support = Support()
    """What operators do for people who write in. Each part that is left out is not offered."""
    audit: Audit = Audit()
    """What the actions of its own audit table mean."""
    compliance: Compliance | None = None
    """Which laws it is measured by. Leave out where no compliance report is written."""
    overview: Overview | None = None
    """What its owner is told of the business. Leave out where nobody asks."""

    @model_validator(mode="after")
    def _can_tell_of_trials(self) -> System:
        if self.trials and (self.trials.reminders_days or self.trials.announce) and self.messages is None:
            raise ValueError("trials writes to people; give a section messages, or no reminders_days and no announce")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """`timezone` as an object."""
        return ZoneInfo(self.timezone)
