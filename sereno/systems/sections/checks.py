"""The section `checks`: what has to be true of the rows of a system's database."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import Name, Timezone

_MOST = 500
Value = str | int | float | bool | None
TableName = Annotated[str, Field(min_length=1, max_length=130)]
ColumnNames = Annotated[tuple[str, ...], Field(min_length=1, max_length=32)]


class _Check(Part):
    required: bool = Field(default=True, examples=[False])
    """Whether the run fails when it does not hold."""


class RowCount(_Check):
    """How many rows a table has: `exactly`, `at_least`, `at_most`, or the last two together."""

    table: TableName = Field(examples=["usuario", "public.usuario"])
    """The table or view, by its name without quotes, with its schema where several have one of that name."""
    where: dict[str, Value] = Field(default_factory=dict, examples=[{"role": "admin"}])
    """Count only rows with these values in these columns; null for an empty one."""
    exactly: int | None = Field(default=None, ge=0, examples=[5])
    """So many."""
    at_least: int | None = Field(default=None, ge=0, examples=[44])
    """So many, or more."""
    at_most: int | None = Field(default=None, ge=0, examples=[1_000_000])
    """So many, or fewer."""

    @model_validator(mode="after")
    def _says_how_many(self) -> RowCount:
        bounds = (self.at_least, self.at_most)
        if (self.exactly is None) == (bounds == (None, None)):
            raise ValueError("say how many rows: either exactly, or at_least, at_most or both")
        if self.at_least is not None and self.at_most is not None and self.at_most < self.at_least:
            raise ValueError("at_most is less than at_least")
        return self


class EnumLabels(_Check):
    """The labels of an enum type, all of them, in any order."""

    type: TableName = Field(examples=["userrole"])
    """The type, by its name without quotes, with its schema where several have one of that name."""
    labels: tuple[str, ...] = Field(min_length=1, max_length=_MOST, examples=[["admin", "user", "readonly"]])
    """What it has to have, and nothing else."""


class KnownRow(_Check):
    """A row that has to be there, and has to be the only one."""

    name: str = Field(min_length=1, max_length=100, examples=["the first admin"])
    """What reports call it. No personal data: the values below stand in no report."""
    table: TableName = Field(examples=["usuario"])
    """The table or view."""
    where: dict[str, Value] = Field(min_length=1, examples=[{"email": "admin@example.com"}])
    """How it is found."""
    values: dict[str, Value] = Field(default_factory=dict, examples=[{"role": "admin", "ativo": True}])
    """What it has to hold besides."""


class Reference(_Check):
    """Columns that refer to another table, though no foreign key says so."""

    table: TableName = Field(examples=["audit_log"])
    """The table whose rows need a parent."""
    columns: ColumnNames = Field(examples=[["user_id"]])
    """Its columns; a row with an empty one needs no parent."""
    parent: TableName = Field(examples=["users"])
    """The table where the parent is."""
    parent_columns: ColumnNames = Field(examples=[["id"]])
    """The columns there, in the same order."""

    @model_validator(mode="after")
    def _pairs(self) -> Reference:
        if len(self.columns) != len(self.parent_columns):
            raise ValueError("columns and parent_columns belong together in pairs; give as many of each")
        return self


class ForeignKeys(_Check):
    """Rows without a parent: left by a restore, by triggers that were off, or by a key that was never validated."""

    declared: bool = Field(default=True, examples=[False])
    """Look at the foreign keys of the database: all of them, or those that `only` names."""
    only: tuple[str, ...] = Field(default=(), max_length=_MOST, examples=[["item_visit_id_fkey"]])
    """Names of foreign keys. Default: all."""
    leave_out: tuple[str, ...] = Field(default=(), max_length=_MOST, examples=[["audit_log_user_id_fkey"]])
    """Names of foreign keys that are not looked at, such as those of the largest tables."""
    undeclared: tuple[Reference, ...] = Field(
        default=(),
        max_length=_MOST,
        examples=[[{"table": "audit_log", "columns": ["user_id"], "parent": "users", "parent_columns": ["id"]}]],
    )
    """References that the database does not know of."""


class Freshness(_Check):
    """How old the newest row of a table may be."""

    table: TableName = Field(examples=["log_auditoria"])
    """The table or view."""
    column: str = Field(min_length=1, examples=["created_at"])
    """A timestamp, with or without a time zone, or a date."""
    where: dict[str, Value] = Field(default_factory=dict, examples=[{"sucesso": True}])
    """Look only at rows with these values in these columns."""
    within_hours: float = Field(ge=0.01, le=87_840, examples=[24, 0.5])
    """How old it may be."""
    timezone: Timezone | None = Field(default=None, examples=["UTC"])
    """The zone of a timestamp that has none. Default: the system's."""


class Uniqueness(_Check):
    """Columns in which no two rows hold the same, though no constraint says so; rows with an empty one do not count."""

    table: TableName = Field(examples=["users"])
    """The table or view."""
    columns: ColumnNames = Field(examples=[["tenant_id", "email"]])
    """The columns, taken together."""
    ignoring_case: bool = Field(default=False, examples=[True])
    """Whether `Ana` and `ana` are the same."""


class Latency(_Check):
    """How long a query may take. The best of several tries counts, so that a busy moment fails nothing."""

    query: Name = Field(examples=["dashboard"])
    """`NAME` of the file `sql/latency.NAME.sql`."""
    milliseconds: int = Field(ge=1, le=3_600_000, examples=[200])
    """How long the best try may take, with fetching its rows."""
    best_of: int = Field(default=5, ge=1, le=50, examples=[5])
    """How many tries."""


class Checks(Part):
    """What the job `data_checks` looks at, besides the files `sql/check.NAME.sql`, each of which returns no row."""

    rows: tuple[RowCount, ...] = Field(default=(), max_length=_MOST, examples=[[{"table": "usuario", "exactly": 5}]])
    """How many rows tables have."""
    enums: tuple[EnumLabels, ...] = Field(
        default=(), max_length=_MOST, examples=[[{"type": "userrole", "labels": ["admin", "user", "readonly"]}]]
    )
    """Which labels enum types have."""
    known_rows: tuple[KnownRow, ...] = Field(
        default=(),
        max_length=_MOST,
        examples=[[{"name": "the first admin", "table": "usuario", "where": {"username": "admin"}}]],
    )
    """Rows that have to be there."""
    foreign_keys: ForeignKeys | None = Field(default=None, examples=[{"declared": True}])
    """Rows without a parent. Leave out where nobody wants to look for them; `{}` looks at every foreign key."""
    fresh: tuple[Freshness, ...] = Field(
        default=(), max_length=_MOST, examples=[[{"table": "log_auditoria", "column": "timestamp", "within_hours": 24}]]
    )
    """How old the newest rows may be."""
    unique: tuple[Uniqueness, ...] = Field(
        default=(), max_length=_MOST, examples=[[{"table": "users", "columns": ["email"], "ignoring_case": True}]]
    )
    """What no two rows may share."""
    latency: tuple[Latency, ...] = Field(
        default=(), max_length=_MOST, examples=[[{"query": "dashboard", "milliseconds": 200}]]
    )
    """How long queries may take."""
