"""The section `compliance`: which laws a system is measured by, who is told, and how its controls are weighed."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import SecretText

ControlName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Weight = Annotated[int, Field(ge=1, le=100)]


class Law(StrEnum):
    """The laws that a system is measured by; where both hold, the stricter deadline counts."""

    GDPR = "gdpr"
    LGPD = "lgpd"


class Language(StrEnum):
    """The languages of the report."""

    PORTUGUESE = "pt"
    SPANISH = "es"
    ENGLISH = "en"


class Severity(StrEnum):
    """How bad it is when a control does not hold. A critical one that failed bounds the score."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class ControlWish(Part):
    """How a control that Sereno brings is weighed here."""

    weight: Weight | None = Field(default=None, examples=[10])
    """Its weight in the score. Default: as docs/compliance.md says."""
    severity: Severity | None = Field(default=None, examples=["high"])
    """How bad it is when it fails. Default: likewise."""
    leave_out: str | None = Field(default=None, min_length=1, max_length=300, examples=["nobody logs in by password"])
    """Why it says nothing here; it is left out of the score then, and the report says so."""


class OwnControl(Part):
    """A control of this system's own, judged by `sql/compliance.control.<name>.sql`."""

    name: ControlName = Field(examples=["cameras_registered"])
    """What it is called."""
    title: str = Field(min_length=1, max_length=200, examples=["Every camera stands in the register"])
    """What people call it."""
    weight: Weight = Field(default=5, examples=[5])
    """Its weight in the score."""
    severity: Severity = Field(default=Severity.MEDIUM, examples=["medium"])
    """How bad it is when it fails."""


class ManualControl(OwnControl):
    """A control that somebody has to look at. It never counts as passed."""

    what: str = Field(min_length=1, max_length=500, examples=["read the contracts of the processors once a year"])
    """What there is to do."""


class Compliance(Part):
    """The jobs `compliance_report` and `compliance_check`. They ask the files `sql/compliance.*.sql`, all optional."""

    laws: tuple[Law, ...] = Field(default=(Law.GDPR, Law.LGPD), min_length=1, max_length=2, examples=[["gdpr"]])
    """Which laws hold."""
    language: Language = Field(default=Language.ENGLISH, examples=["pt"])
    """Which language the report has, unless a run asks for another one."""
    controller: str = Field(default="", max_length=500, examples=["Point Ltd, 1 Example Street, privacy@point.example"])
    """Who answers for the data, and how to reach them: a report has to name them (GDPR art. 30). Default: left open."""
    officer: SecretText | None = Field(default=None, examples=["${POINT_OFFICER_EMAIL}"])
    """The e-mail address of the data-protection officer, who is sent the report. Default: it is sent to nobody."""
    keep_reports_months: int = Field(default=60, ge=1, le=600, examples=[60])
    """How long reports stay in the stores."""
    dormant_days: int = Field(default=90, ge=1, le=3_650, examples=[90])
    """Somebody with the rights of an administrator who was not seen for so long is dormant."""
    most_failed_logins_percent: int = Field(default=20, ge=0, le=100, examples=[20])
    """How many of a hundred logins of a period may fail."""
    verified_within_days: int = Field(default=8, ge=1, le=3_650, examples=[8])
    """Within how many days the newest backup of each store has to be read again."""
    drilled_within_days: int = Field(default=35, ge=1, le=3_650, examples=[35])
    """Within how many days a backup has to be restored in a drill."""
    row_security: tuple[str, ...] = Field(default=(), max_length=1_000, examples=[["data_consents"]])
    """Tables on which row-level security has to be in force. Default: the control is left out."""
    evidence_timeout_seconds: int = Field(default=60, ge=1, le=3_600, examples=[60])
    """How long one question to the database may take; one that takes longer is no data."""
    controls: dict[ControlName, ControlWish] = Field(
        default={}, max_length=100, examples=[{"failed_logins": {"leave_out": "logins are with another service"}}]
    )
    """How controls that Sereno brings are weighed here."""
    own_controls: tuple[OwnControl, ...] = Field(
        default=(), max_length=100, examples=[[{"name": "cameras_registered", "title": "Every camera is registered"}]]
    )
    """Controls of this system's own."""
    manual_controls: tuple[ManualControl, ...] = Field(
        default=(), max_length=100, examples=[[{"name": "contracts_read", "title": "Contracts", "what": "read them"}]]
    )
    """Controls that somebody has to look at."""

    @model_validator(mode="after")
    def _named_apart(self) -> Compliance:
        names = [control.name for control in (*self.own_controls, *self.manual_controls)]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"two controls are called {name!r}; each needs a name of its own")
        return self
