"""The outbox with its log of deliveries, and which steps of which trials were told."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Create the tables."""
    op.create_table(
        "sereno_messages",
        sa.Column("id", sa.Text, primary_key=True),
        *_texts("system", "job", "topic", "reference", "state"),
        sa.Column("channel", sa.Text),
        sa.Column("attempts", sa.Integer, nullable=False),
        *_texts("not_before"),
        *(sa.Column(name, sa.Text) for name in ("recipient", "problem", "run_id")),
        *_texts("created_at"),
        sa.Column("closed_at", sa.Text),
    )
    op.create_index("sereno_messages_state", "sereno_messages", ["system", "job", "state", "id"])
    op.create_index("sereno_messages_recipient", "sereno_messages", ["system", "recipient", "closed_at"])
    op.create_table(
        "sereno_deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        *_texts("system", "message_id", "channel"),
        sa.Column("attempt", sa.Integer, nullable=False),
        *_texts("at", "result"),
        sa.Column("problem", sa.Text),
    )
    op.create_index("sereno_deliveries_message", "sereno_deliveries", ["message_id"])
    op.create_index("sereno_deliveries_channel", "sereno_deliveries", ["system", "channel", "at"])
    op.create_table(
        "sereno_trial_notices",
        *(sa.Column(name, sa.Text, primary_key=True) for name in ("system", "account", "trial_ends_at", "step")),
        *_texts("message_id", "noted_at"),
        sa.Column("run_id", sa.Text),
    )


def _texts(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, sa.Text, nullable=False) for name in names]
