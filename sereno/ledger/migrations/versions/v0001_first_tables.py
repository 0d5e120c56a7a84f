"""The first tables: audit chain, intents, cursors, lock holders.

There is no way back: an audit chain is not dropped.
"""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Create them."""
    op.create_table(
        "sereno_audit_events",
        sa.Column("system", sa.Text, primary_key=True),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        *_texts("previous_hash", "hash", "text", "time", "action", "job", "effect", "result", "actor"),
        sa.Column("flow_run_id", sa.Text),
        sa.UniqueConstraint("system", "previous_hash", name="sereno_audit_events_previous_hash"),
    )
    op.create_index("sereno_audit_events_time", "sereno_audit_events", ["system", "time"])
    op.create_table(
        "sereno_intents",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_texts("system", "job", "step", "unit", "run_id", "state"),
        sa.Column("key_count", sa.Integer, nullable=False),
        sa.Column("keys", sa.Text),
        sa.Column("cursors", sa.Text),
        sa.Column("figures", sa.Text),
        sa.Column("opened_at", sa.Text, nullable=False),
        sa.Column("closed_at", sa.Text),
    )
    op.create_index("sereno_intents_state", "sereno_intents", ["system", "job", "step", "state"])
    op.create_index("sereno_intents_unit", "sereno_intents", ["system", "job", "step", "unit"])
    op.create_table(
        "sereno_cursors",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "job", "step", "name")),
        *_texts("value", "updated_at"),
    )
    op.create_table(
        "sereno_lock_holders",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "job")),
        sa.Column("backend", sa.Integer, nullable=False),
        *_texts("holder"),
    )


def _texts(*names: str) -> "list[sa.Column[str]]":
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
