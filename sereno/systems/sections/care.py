"""The section `care`: from when on `database_care` calls something worth a look."""

from __future__ import annotations

from pydantic import Field

from sereno.systems.part import Part


class Care(Part):
    """Thresholds of the job `database_care`. Every one has a default that suits a small company's database."""

    connections_percent: int = Field(default=80, ge=1, le=100, examples=[80])
    """How much of the server's connections may be taken."""
    idle_in_transaction_minutes: int = Field(default=5, ge=1, le=1_440, examples=[5])
    """How long a session may sit idle in a transaction."""
    long_query_minutes: int = Field(default=5, ge=1, le=1_440, examples=[5])
    """How long a query may run before it is listed."""
    blocked_seconds: int = Field(default=60, ge=1, le=86_400, examples=[60])
    """How long a session may wait for a lock that another one holds."""
    cache_hit_percent: int = Field(default=95, ge=1, le=100, examples=[95])
    """How many of a hundred blocks should come out of the server's memory."""
    dead_rows_percent: int = Field(default=20, ge=1, le=100, examples=[20])
    """How much of a table's rows may be dead."""
    noteworthy_dead_rows: int = Field(default=10_000, ge=1, le=10**12, examples=[10_000])
    """Dead rows below this number are nothing to look at."""
    bloat_percent: int = Field(default=50, ge=1, le=99, examples=[50])
    """How much of a table or an index may be empty space, by estimate."""
    bloat_mebibytes: int = Field(default=50, ge=1, le=10_000_000, examples=[50])
    """Less empty space than this is nothing to look at."""
    transaction_ids_percent: int = Field(default=20, ge=1, le=90, examples=[20])
    """How much of the 2.1 billion transaction ids the oldest row may be behind."""
    sequence_percent: int = Field(default=75, ge=1, le=100, examples=[75])
    """How much of its numbers a sequence may have given out."""
    unused_index_mebibytes: int = Field(default=10, ge=0, le=10_000_000, examples=[10])
    """Smaller indexes that nobody uses are nothing to look at."""
    unused_index_days: int = Field(default=14, ge=0, le=3_650, examples=[14])
    """How long the server has to have counted before an index without a scan counts as unused."""
    unindexed_rows: int = Field(default=10_000, ge=0, le=10**12, examples=[10_000])
    """Tables with fewer rows need no index on a foreign key."""
    growth_percent: int = Field(default=25, ge=1, le=100_000, examples=[25])
    """How much a large table may grow in a day."""
    growth_mebibytes: int = Field(default=100, ge=1, le=10_000_000, examples=[100])
    """Tables smaller than this may grow as they like."""
    slow_statement_milliseconds: int = Field(default=1_000, ge=1, le=86_400_000, examples=[1_000])
    """How long a statement may take on average."""
    accepted_indexes: tuple[str, ...] = Field(default=(), max_length=1_000, examples=[["public.users_email_like"]])
    """Indexes that are known to be unused or double, and stay; an invalid one is told all the same."""
    accepted_settings: tuple[str, ...] = Field(default=(), max_length=100, examples=[["log_lock_waits"]])
    """Server settings that are as they should be, whatever the job thinks of them."""
    action_minutes: int = Field(default=60, ge=1, le=1_440, examples=[60])
    """How long one VACUUM or REINDEX that was asked for may take before it is ended."""
