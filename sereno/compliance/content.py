"""What a compliance report says, as one value: every format is made from it, and its parts are sealed one by one."""

from __future__ import annotations

from datetime import date

from pydantic import AwareDatetime, Field

from sereno.compliance.control import Judged
from sereno.compliance.evidence import Evidence, Part
from sereno.compliance.score import Score
from sereno.ledger.canonical import canonical_json
from sereno.reports.model import AuditReference
from sereno.systems.sections.compliance import Language, Law

SCHEMA = "sereno.compliance-report/1"


class Period(Part):
    """The days that a report is about, in the system's zone; `until` is the last of them."""

    since: date
    until: date


class Consents(Part):
    """The consents of one purpose and legal basis."""

    purpose: str
    legal_basis: str
    people: int
    active: int
    withdrawn: int
    expired: int
    in_use_without: int
    """Consents that are withdrawn or expired and still treated as given."""


class Clock(Part):
    """A request or breach with its deadline. `reference` is its key in the system, no name."""

    reference: str
    kind: str
    began_at: AwareDatetime
    due_at: AwareDatetime
    ended_at: AwareDatetime | None
    overdue: bool
    """Ended after its deadline, or still open after it."""


class Clocks(Part):
    """Requests or breaches in a period. `open_clocks` are those that are still running, the most urgent first."""

    received: int
    answered: int
    overdue: int
    open_clocks: tuple[Clock, ...] = ()


class Table(Part):
    """A register or a list as texts. `key` is its heading in the texts of a language, `columns` are such keys too."""

    key: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Trend(Part):
    """The score of an earlier report."""

    until: date
    value: int


class Content(Part):
    """Everything that a report says, before it is sealed."""

    schema_: str = Field(default=SCHEMA, alias="schema")
    system: str
    title: str
    controller: str = ""
    timezone: str
    language: Language
    laws: tuple[Law, ...]
    period: Period
    generated_at: AwareDatetime
    score: Score
    trend: tuple[Trend, ...] = ()
    """Earlier scores, oldest first, without this one."""
    controls: tuple[Judged, ...]
    consents: tuple[Consents, ...] | None = None
    """None where the system's tables do not tell, or where it could not be seen; `gaps` says which."""
    requests: Clocks | None = None
    breaches: Clocks | None = None
    tables: tuple[Table, ...] = ()
    """Sharing register, record of processing, access to sensitive data, changes of configuration, backups, drills."""
    gaps: dict[str, str] = Field(default_factory=dict)
    """What could not be told, by part, and why."""
    evidence: tuple[Evidence, ...] = ()
    """What the parts beside the controls rest on."""

    def parts(self) -> dict[str, str]:
        """Each part as canonical JSON, by name: every control is one of its own."""
        said = self.model_dump(mode="json")
        controls = {f"control.{each['name']}": canonical_json(each) for each in said.pop("controls")}
        tables = {f"table.{each['key']}": canonical_json(each) for each in said.pop("tables")}
        return {**{name: canonical_json(value) for name, value in said.items()}, **controls, **tables}


class SealedReport(Part):
    """A report as its JSON file holds it: what it says, and the audit event in which the digests of its parts stand."""

    content: Content
    sealed: AuditReference
    """The event that holds the digests; it is also the chain's head at that time."""
