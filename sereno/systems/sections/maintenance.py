"""The sections `maintenance` and `purges`."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from sereno.systems.part import Part
from sereno.systems.sections.fields import Name

Identifier = Annotated[str, Field(min_length=1, max_length=63)]
"""A name in the database as it stands in the catalog: without quotes, capitals as they are."""
Table = Annotated[str, Field(min_length=1, max_length=127, pattern=r"^[^.]+(\.[^.]+)?$")]


def _several(names: tuple[str, ...] | str) -> tuple[str, ...] | str:
    if not names or (not isinstance(names, str) and len(set(names)) < len(names)):
        raise ValueError("expected a column, or a list of different columns")
    return names


class IdleClients(Part):
    """API clients that nobody uses are deactivated: `sql/idle_clients.candidates.sql` and `.deactivate.sql`."""

    idle_days: int = Field(default=30, ge=1, le=365, examples=[30])
    """A client without a call for so many days is idle."""
    idle_limit: int = Field(default=100, ge=1, le=500, examples=[100])
    """How many are deactivated in one run at most."""


class Maintenance(Part):
    """How the job `maintenance` works, and what it has to give way to."""

    idle_clients: IdleClients | None = None
    """Leave out where the system has no API clients that can be idle."""
    batch_milliseconds: int = Field(default=1_000, ge=10, le=10_000, examples=[1_000])
    """How long one batch of a purge should take; the number of its rows follows from that."""
    lock_timeout_seconds: int = Field(default=3, ge=1, le=60, examples=[3])
    """How long a batch waits for a lock. It is tried three times, then the purge is left to the next run."""
    statement_timeout_seconds: int = Field(default=30, ge=1, le=600, examples=[30])
    """How long one statement of a batch may take."""
    wait_at_most_seconds: int = Field(default=300, ge=0, le=3_600, examples=[300])
    """How long a purge waits in all for autovacuum, replicas and connections before it is left to the next run."""
    replication_lag_mebibytes: int = Field(default=64, ge=1, le=65_536, examples=[64])
    """A purge waits while a replica is further behind than this."""
    free_connections: int = Field(default=5, ge=0, le=1_000, examples=[5])
    """A purge waits while fewer connections than this are free on the server."""


class Reference(Part):
    """A column whose references are set to NULL before the rows go that it refers to."""

    table: Table = Field(examples=["ops_opsalert"])
    """The table, with its schema where that is not on the search path."""
    column: Identifier = Field(examples=["notification_log_id"])
    """The column; it has to allow NULL."""


class Purge(Part):
    """Old rows of one table that are deleted.

    Where there is a file `sql/purge_only.NAME.sql`, what it does not give stays; what `sql/purge_hold.NAME.sql` gives
    always stays. Both are queries that return the key.
    """

    name: Annotated[Name, Field(max_length=40)] = Field(examples=["api_logs"])
    """What operators call it; `PURGE_API_LOGS` in the audit chain."""
    table: Table = Field(examples=["integraciones_publicapiaccesslog", "public.Outbox"])
    """The table, with its schema where that is not on the search path; capitals as the catalog has them."""
    key: Annotated[Identifier | tuple[Identifier, ...], AfterValidator(_several)] = Field(
        examples=["id", ["client_id", "number"]]
    )
    """The column, or the columns, of the primary key or of another unique key without NULLs."""
    older_than: Identifier = Field(examples=["created_at"])
    """The column that says how old a row is: timestamptz, timestamp, date, or bigint with `epoch`."""
    without_zone: Literal["utc", "system"] = Field(default="utc", examples=["utc"])
    """What a timestamp or date without time zone means: UTC, or the system's `timezone`."""
    epoch: Literal["seconds", "milliseconds"] | None = Field(default=None, examples=["milliseconds"])
    """What a number in `older_than` counts, since 1970 in UTC."""
    retain_days: int = Field(default=90, ge=1, le=3_650, examples=[90])
    """Rows older than so many days go."""
    max_delete: int = Field(default=5_000, ge=1, le=50_000, examples=[5_000])
    """How many rows go in one run at most; the lowest keys first."""
    set_null: tuple[Reference, ...] = Field(
        default=(), examples=[[{"table": "ops_opsalert", "column": "notification_log_id"}]]
    )
    """References that are set to NULL first, in the same transaction; only for a key of one column."""
    archive: bool = Field(default=False, examples=[True])
    """Write the rows as gzip NDJSON to the first store of `backup` before they go; `sereno archive restore` brings
    them back. Archives hold the rows in clear, and stay until somebody deletes them."""
    drop_partitions: int = Field(default=0, ge=0, le=100, examples=[12])
    """How many partitions that hold nothing but old rows are dropped whole in one run, besides `max_delete` rows;
    where the table is partitioned by `older_than`."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the key."""
        return (self.key,) if isinstance(self.key, str) else self.key

    @model_validator(mode="after")
    def _fits_together(self) -> Purge:
        if self.set_null and len(self.keys) > 1:
            raise ValueError("set_null needs a key of one column")
        if self.archive and self.drop_partitions:
            raise ValueError("archive and drop_partitions exclude each other: a partition goes without being read")
        return self


def named_apart(purges: tuple[Purge, ...]) -> tuple[Purge, ...]:
    """`purges`, when no two have the same name."""
    names = [purge.name.replace("-", "_") for purge in purges]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two purges are called {name!r}; each needs a name of its own")
    return purges


Purges = Annotated[tuple[Purge, ...], AfterValidator(named_apart)]
