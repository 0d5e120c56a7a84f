"""The ledger's tables. Their names carry a prefix, because the database may be shared with other programs.

Times are text in one fixed form, ISO 8601 in UTC with microseconds (`2026-11-23T02:00:13.000000Z`): it sorts as time
does, is the same on SQLite and PostgreSQL, and what was hashed can be compared with what stands beside it.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import BigInteger, Index, Integer, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


def time_text(time: datetime) -> str:
    """`time` in the one form in which the ledger keeps times.

    Raises:
        ValueError: `time` has no time zone.
    """
    if time.tzinfo is None:
        raise ValueError("a time of the ledger needs a time zone")
    return f"{time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


class Base(DeclarativeBase):
    """What the tables have in common: every `str` is unbounded text."""

    type_annotation_map = {str: Text}  # noqa: RUF012 (SQLAlchemy's own declaration)


class AuditRow(Base):
    """One link of a system's audit chain. Only `text` and `hash` count; the columns beside them are an index."""

    __tablename__ = "sereno_audit_events"
    __table_args__ = (
        UniqueConstraint("system", "previous_hash", name="sereno_audit_events_previous_hash"),
        Index("sereno_audit_events_time", "system", "time"),
    )

    system: Mapped[str] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    previous_hash: Mapped[str]
    hash: Mapped[str]
    text: Mapped[str]
    time: Mapped[str]
    action: Mapped[str]
    job: Mapped[str]
    effect: Mapped[str]
    result: Mapped[str]
    actor: Mapped[str]
    flow_run_id: Mapped[str | None]


class IntentRow(Base):
    """One batch that a live step was about to commit in a system. `keys`, `cursors` and `figures` are JSON."""

    __tablename__ = "sereno_intents"
    __table_args__ = (
        Index("sereno_intents_state", "system", "job", "step", "state"),
        Index("sereno_intents_unit", "system", "job", "step", "unit"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    job: Mapped[str]
    step: Mapped[str]
    unit: Mapped[str]
    run_id: Mapped[str]
    state: Mapped[str]
    key_count: Mapped[int]
    keys: Mapped[str | None]
    cursors: Mapped[str | None]
    figures: Mapped[str | None]
    opened_at: Mapped[str]
    closed_at: Mapped[str | None]


class CursorRow(Base):
    """How far a step has come, by a name that the step chooses. `value` is JSON."""

    __tablename__ = "sereno_cursors"

    system: Mapped[str] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[str]
    updated_at: Mapped[str]


class PlanRow(Base):
    """What a run would do, for a second run to do once. `summary` is JSON; `digest` is of what must not change."""

    __tablename__ = "sereno_plans"

    id: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str]
    job: Mapped[str]
    digest: Mapped[str]
    summary: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[str]
    expires_at: Mapped[str]
    used_at: Mapped[str | None]
    used_by: Mapped[str | None]


class LockHolderRow(Base):
    """Who took the lock of a job last (on PostgreSQL only). To be believed only while `backend` really holds it."""

    __tablename__ = "sereno_lock_holders"

    system: Mapped[str] = mapped_column(primary_key=True)
    job: Mapped[str] = mapped_column(primary_key=True)
    backend: Mapped[int]
    holder: Mapped[str]


class BackupReadingRow(Base):
    """When a backup was last read in one store, every byte of it, and when it was last found whole there."""

    __tablename__ = "sereno_backup_readings"

    system: Mapped[str] = mapped_column(primary_key=True)
    store: Mapped[str] = mapped_column(primary_key=True)
    backup: Mapped[str] = mapped_column(primary_key=True)
    read_at: Mapped[str]
    result: Mapped[str]
    whole_at: Mapped[str | None]


class DrillRow(Base):
    """One restore drill. `phases` is a JSON object of seconds by phase."""

    __tablename__ = "sereno_restore_drills"
    __table_args__ = (Index("sereno_restore_drills_system", "system", "started_at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    store: Mapped[str]
    backup: Mapped[str]
    started_at: Mapped[str]
    result: Mapped[str]
    backup_age_seconds: Mapped[int] = mapped_column(BigInteger)
    phases: Mapped[str]
    rows: Mapped[int] = mapped_column(BigInteger)
    plain_bytes: Mapped[int] = mapped_column(BigInteger)
    stored_bytes: Mapped[int] = mapped_column(BigInteger)
    checks: Mapped[int]
    failed_checks: Mapped[int]
    flow_run_id: Mapped[str | None]


class CareReadingRow(Base):
    """How large a database was and what its statements had taken by then. `tables` and `statements` are JSON objects.

    `statements` is kept with the newest reading only: what the next run compares with.
    """

    __tablename__ = "sereno_care_readings"
    __table_args__ = (Index("sereno_care_readings_system", "system", "taken_at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    taken_at: Mapped[str]
    database: Mapped[str]
    database_bytes: Mapped[int | None] = mapped_column(BigInteger)
    tables: Mapped[str]
    statements: Mapped[str | None]
    counted_since: Mapped[str | None]


class SmokeResultRow(Base):
    """What became of one check in one run of a smoke suite. `shape` is a JSON object of kinds by place."""

    __tablename__ = "sereno_smoke_results"
    __table_args__ = (Index("sereno_smoke_results_suite", "system", "suite", "started_at"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    suite: Mapped[str]
    check_name: Mapped[str]
    started_at: Mapped[str]
    outcome: Mapped[str]
    seconds: Mapped[float | None]
    shape: Mapped[str | None]
    flow_run_id: Mapped[str | None]


class LoadRunRow(Base):
    """One load check. `figures` is a JSON object of numbers; `accepted` is 1 for a baseline, else 0."""

    __tablename__ = "sereno_load_runs"
    __table_args__ = (Index("sereno_load_runs_profile", "system", "profile"),)

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    profile: Mapped[str]
    started_at: Mapped[str]
    result: Mapped[str]
    accepted: Mapped[int]
    figures: Mapped[str]
    flow_run_id: Mapped[str | None]


class MessageRow(Base):
    """One message to one recipient, in the outbox until it is delivered, given up or not needed any more.

    There is no address and no text in it: `reference` (JSON) says what it is about, from which both are made again when
    it is delivered. `recipient` is a keyed digest of the address that it went to.
    """

    __tablename__ = "sereno_messages"
    __table_args__ = (
        Index("sereno_messages_state", "system", "job", "state", "id"),
        Index("sereno_messages_recipient", "system", "recipient", "closed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str]
    job: Mapped[str]
    topic: Mapped[str]
    reference: Mapped[str]
    state: Mapped[str]
    channel: Mapped[str | None]
    attempts: Mapped[int]
    not_before: Mapped[str]
    recipient: Mapped[str | None]
    problem: Mapped[str | None]
    run_id: Mapped[str | None]
    created_at: Mapped[str]
    closed_at: Mapped[str | None]


class DeliveryRow(Base):
    """One attempt to deliver a message by one channel, and how it went."""

    __tablename__ = "sereno_deliveries"
    __table_args__ = (
        Index("sereno_deliveries_message", "message_id"),
        Index("sereno_deliveries_channel", "system", "channel", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    system: Mapped[str]
    message_id: Mapped[str]
    channel: Mapped[str]
    attempt: Mapped[int]
    at: Mapped[str]
    result: Mapped[str]
    problem: Mapped[str | None]


class OverviewSnapshotRow(Base):
    """A system's business on one of its local days. `scope` is a tenant, or empty for all of them.

    `content` is the snapshot as JSON. `holdings` (JSON) says which tenant (by a digest) had which plan; it is kept for
    the newest two days only: what the next run compares with.
    """

    __tablename__ = "sereno_overview_snapshots"

    system: Mapped[str] = mapped_column(primary_key=True)
    scope: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[str]
    content: Mapped[str]
    holdings: Mapped[str | None]


class TrialNoticeRow(Base):
    """A step of one trial that was told: written once, together with its message."""

    __tablename__ = "sereno_trial_notices"

    system: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    trial_ends_at: Mapped[str] = mapped_column(primary_key=True)
    step: Mapped[str] = mapped_column(primary_key=True)
    message_id: Mapped[str]
    noted_at: Mapped[str]
    run_id: Mapped[str | None]


class ComplianceScoreRow(Base):
    """The score of a report about a period that ended on the day `until`. `outcomes` is a JSON object by control."""

    __tablename__ = "sereno_compliance_scores"

    system: Mapped[str] = mapped_column(primary_key=True)
    until: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
    outcomes: Mapped[str]
    taken_at: Mapped[str]
