"""The one shape that every job returns."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

SCHEMA = "sereno.report/1"

Figure = int | Decimal | float | str | bool | None


class Effect(StrEnum):
    """What a run may change in the system."""

    READ = "read"
    DRY_RUN = "dry-run"
    LIVE = "live"


class Result(StrEnum):
    """How a run ended: everything required held, something required did not, or a guard said no."""

    PASSED = "passed"
    FAILED = "failed"
    REFUSED = "refused"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Finding(_Part):
    """One checked statement. A required finding that did not pass fails the run."""

    name: str = Field(description="The statement that was checked.", examples=["rows of public.users"])
    passed: bool
    required: bool = True
    evidence: str = Field(default="", description="What was seen; counts and keys, never personal data.")
    seconds: float | None = Field(
        default=None,
        exclude_if=lambda seconds: seconds is None,
        description="How long it took, where that says something.",
    )
    properties: dict[str, str] = Field(
        default_factory=dict,
        exclude_if=lambda properties: not properties,
        description="What programs want to know, by name: `file` and `line` of what was checked, `outcome` and others.",
    )


class ReportFile(_Part):
    """A file that a job left behind, such as an export.

    The report's own files, which `publish` and `--report` write, are not among them: they contain this list, so it
    cannot hold their digests.
    """

    name: str
    path: str
    sha256: str
    bytes: int


class AuditReference(_Part):
    """The audit event that this report is sealed in."""

    sequence: int
    hash: str


class JobContext(_Part):
    """Which run of which job this is, known before it begins."""

    job: str
    system: str
    effect: Effect
    started_at: AwareDatetime
    flow_run_id: str | None
    run_name: str


class ReportTable(_Part):
    """Things side by side, for people: it is shown in the run's artifact and on the HTML page, and sealed nowhere."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Draft(_Part):
    """What a job found out, before `publish` adds which run it was. Without `result` the findings decide."""

    headline: str
    result: Result | None = None
    figures: dict[str, Figure] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    files: tuple[ReportFile, ...] = ()
    charts: dict[str, str] = Field(default_factory=dict, description="SVG texts, by what they say in words.")
    tables: tuple[ReportTable, ...] = ()


class Report(_Part):
    """What a job did for a system, and how it went. `headline` answers the operator's question in one sentence."""

    schema_: str = Field(default=SCHEMA, alias="schema")
    job: str
    system: str
    effect: Effect
    result: Result
    headline: str
    started_at: AwareDatetime
    finished_at: AwareDatetime
    figures: dict[str, Figure] = Field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    files: tuple[ReportFile, ...] = ()
    flow_run_id: str | None = None
    audit: AuditReference | None = None

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, serialize_by_alias=True)

    @property
    def seconds(self) -> float:
        """How long the run took."""
        return (self.finished_at - self.started_at).total_seconds()
