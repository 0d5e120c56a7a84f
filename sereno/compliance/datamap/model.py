"""`data_map.yaml` as strict models: unknown keys are errors, every field says what it is."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field, field_validator, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import Name

TableName = Annotated[str, Field(min_length=1, max_length=130, examples=["users", "auth.users", "DsrRequest"])]
"""A table as the catalog writes it, with its schema where it is not on the role's search path."""
Words = Annotated[str, Field(min_length=1, max_length=500)]


class Category(StrEnum):
    """What a column tells of a person (after the taxonomy of Fides)."""

    IDENTITY = "identity"
    """Names, user names, titles."""
    CONTACT = "contact"
    """E-mail and postal addresses, telephone numbers."""
    GOVERNMENT_ID = "government-id"
    """CPF, NIF, passport numbers."""
    CREDENTIALS = "credentials"
    """Password hashes, tokens, keys."""
    ONLINE_IDENTIFIER = "online-identifier"
    """IP addresses, device names, cookies."""
    LOCATION = "location"
    """Where somebody is or was."""
    FINANCIAL = "financial"
    """Accounts, payments, holdings, what somebody owes."""
    COMMUNICATION = "communication"
    """What was written or said to somebody."""
    BEHAVIOUR = "behaviour"
    """What somebody did: logins, pages, bookings, consents."""
    DEMOGRAPHIC = "demographic"
    """Birth date, language, gender."""
    SPECIAL = "special"
    """GDPR art. 9, LGPD art. 11: health, beliefs, origin, biometrics, sexual life."""
    FREE_TEXT = "free-text"
    """Text or JSON in which anything may stand."""
    REFERENCE = "reference"
    """A key that leads to a person."""


class GdprBasis(StrEnum):
    """The six legal bases of GDPR art. 6 (1)."""

    CONSENT = "consent"
    CONTRACT = "contract"
    LEGAL_OBLIGATION = "legal-obligation"
    VITAL_INTERESTS = "vital-interests"
    PUBLIC_TASK = "public-task"
    LEGITIMATE_INTERESTS = "legitimate-interests"


class LgpdBasis(StrEnum):
    """The ten legal bases of LGPD art. 7."""

    CONSENT = "consent"
    LEGAL_OBLIGATION = "legal-obligation"
    PUBLIC_ADMINISTRATION = "public-administration"
    RESEARCH = "research"
    CONTRACT = "contract"
    LEGAL_PROCEEDINGS = "legal-proceedings"
    PROTECTION_OF_LIFE = "protection-of-life"
    HEALTH = "health"
    LEGITIMATE_INTERESTS = "legitimate-interests"
    CREDIT_PROTECTION = "credit-protection"


class RecipientRole(StrEnum):
    """What a recipient is before the law."""

    PROCESSOR = "processor"
    CONTROLLER = "controller"
    AUTHORITY = "authority"


class Recipient(Part):
    """Somebody who is given data."""

    name: Words = Field(examples=["the payment service"])
    """Who."""
    role: RecipientRole = Field(examples=["processor"])
    """As what."""
    country: str = Field(pattern=r"^[A-Z]{2}$", examples=["PT"])
    """Where; ISO 3166, two letters."""
    safeguard: Words | None = Field(default=None, examples=["standard contractual clauses"])
    """What protects the data there. Default: nothing is needed."""


class Activity(Part):
    """Something that is done with personal data, for one purpose."""

    name: Name = Field(examples=["bookings"])
    """What tables call it."""
    title: Words = Field(examples=["Taking bookings"])
    """What people call it."""
    purpose: Words = Field(examples=["to take and to keep appointments"])
    """Why it is done."""
    gdpr: GdprBasis = Field(examples=["contract"])
    """The legal basis by GDPR art. 6."""
    lgpd: LgpdBasis = Field(examples=["contract"])
    """The legal basis by LGPD art. 7."""
    subjects: tuple[Words, ...] = Field(min_length=1, max_length=50, examples=[["customers"]])
    """Whose data."""
    recipients: tuple[Recipient, ...] = Field(
        default=(), max_length=50, examples=[[{"name": "the mail service", "role": "processor", "country": "IE"}]]
    )
    """Who is given them. Default: nobody."""
    measures: tuple[Words, ...] = Field(default=(), max_length=50, examples=[["encrypted backups", "roles"]])
    """What protects them."""


class MappedTable(Part):
    """A table that holds personal data."""

    table: TableName
    """The table."""
    activities: tuple[Name, ...] = Field(min_length=1, max_length=50, examples=[["bookings"]])
    """What its data are for."""
    columns: dict[str, Category] = Field(min_length=1, max_length=1_000, examples=[{"email": "contact"}])
    """The personal columns, each with what it tells."""
    person: str | None = Field(default=None, min_length=1, max_length=63, examples=["email"])
    """The column by which a person is found here. Default: only by way of `edges`."""
    edges: dict[str, str] = Field(default={}, max_length=100, examples=[{"customer_id": "customers.id"}])
    """Columns that lead to a row of another table: the column, and the table and its column."""
    age_column: str | None = Field(default=None, min_length=1, max_length=63, examples=["created_at"])
    """The column that tells how old a row is."""
    retention_days: int | None = Field(default=None, ge=1, le=36_500, examples=[730])
    """After how many days a row has to be gone. Default: it is kept while its person is a customer."""

    @model_validator(mode="after")
    def _knows_its_age(self) -> MappedTable:
        if self.retention_days is not None and self.age_column is None:
            raise ValueError("retention_days needs age_column, which tells how old a row is")
        return self

    @field_validator("edges")
    @classmethod
    def _lead_to_a_column(cls, edges: dict[str, str]) -> dict[str, str]:
        for column, target in edges.items():
            if not all(target.rpartition(".")):
                raise ValueError(f"the edge of {column[:63]!r} leads to a table and its column, such as customers.id")
        return edges


class DataMap(Part):
    """Which personal data a system holds: `deployments/<system>/data_map.yaml`."""

    activities: tuple[Activity, ...] = Field(max_length=200)
    """What is done with personal data."""
    tables: tuple[MappedTable, ...] = Field(max_length=5_000)
    """Where they stand."""
    not_personal: tuple[str, ...] = Field(default=(), max_length=5_000, examples=[["plans.*", "tenants.address"]])
    """Columns that look personal and are not: `table.column`; `*` and `?` stand for letters."""

    @model_validator(mode="after")
    def _fits_together(self) -> DataMap:
        names = [activity.name for activity in self.activities]
        tables = [mapped.table for mapped in self.tables]
        for what, those in (("activity", names), ("table", tables)):
            twice = (
                next((each for each in those if those.count(each) > 1), None) if len(set(those)) < len(those) else None
            )
            if twice:
                raise ValueError(f"the {what} {twice!r} stands there twice")
        for mapped in self.tables:
            for activity in mapped.activities:
                if activity not in names:
                    raise ValueError(f"the table {mapped.table!r} names the activity {activity!r}, which is not there")
        return self

    def activity(self, name: str) -> Activity:
        """The activity called `name`."""
        return next(activity for activity in self.activities if activity.name == name)
